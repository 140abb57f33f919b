package journal

import (
	"context"
	"database/sql"
	"errors"
)

// transact runs a transaction that writes the same statements many times.
func (d *DB) transact(ctx context.Context, do func(*preparedTx) error) error {
	return d.transaction(ctx, func(_ context.Context, tx *sql.Tx) error {
		return do(&preparedTx{tx: tx, prepared: map[string]*sql.Stmt{}})
	})
}

// preparedTx is one transaction, in which each statement is prepared once.
type preparedTx struct {
	tx       *sql.Tx
	prepared map[string]*sql.Stmt
}

func (w *preparedTx) prepare(ctx context.Context, statement string) (*sql.Stmt, error) {
	if s := w.prepared[statement]; s != nil {
		return s, nil
	}
	s, err := w.tx.PrepareContext(ctx, statement) // the end of the transaction closes it
	w.prepared[statement] = s
	return s, err
}

func (w *preparedTx) exec(ctx context.Context, statement string, args ...any) error {
	_, err := w.rows(ctx, statement, args...)
	return err
}

// rows runs a statement, and returns how many rows it wrote.
func (w *preparedTx) rows(ctx context.Context, statement string, args ...any) (int64, error) {
	s, err := w.prepare(ctx, statement) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// number returns the one number that a query has, and false when it has none.
func (w *preparedTx) number(ctx context.Context, query string, args ...any) (n int64, ok bool, err error) {
	s, err := w.prepare(ctx, query) //nolint:sqlclosecheck // the end of the transaction closes it
	if err == nil {
		err = s.QueryRowContext(ctx, args...).Scan(&n)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return n, err == nil, err
}
