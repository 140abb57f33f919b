package journal

import (
	"context"
	"database/sql"
)

// prepared are questions about the history by their text, for the connections that read. The life of a rule asks each several times, and to prepare
// one takes SQLite longer than to answer it.
type prepared map[string]*sql.Stmt

// prepare prepares what every life asks.
func prepare(ctx context.Context, reader *sql.DB) (prepared, error) {
	all := prepared{}
	for _, text := range []string{selectRule, selectEvents("true"), selectCounterpart, selectArrival, selectVersion, selectChange} {
		var err error
		if all[text], err = reader.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // closing the connections ends it
			return nil, err
		}
	}
	return all, nil
}

// query asks in the reader's state of the history.
func (r historyReader) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if s := r.prepared[text]; s != nil {
		return r.tx.StmtContext(ctx, s).QueryContext(ctx, args...) //nolint:sqlclosecheck // the transaction closes it
	}
	return r.tx.QueryContext(ctx, text, args...)
}

// queryRow asks for one row.
func (r historyReader) queryRow(ctx context.Context, text string, args ...any) *sql.Row {
	if s := r.prepared[text]; s != nil {
		return r.tx.StmtContext(ctx, s).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // the transaction closes it
	}
	return r.tx.QueryRowContext(ctx, text, args...)
}
