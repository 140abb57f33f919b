package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// ClearHistory empties the index, for one with a fingerprint to be made, whatever there was of it. It goes in short steps, so that nothing waits for it;
// what cannot be emptied so is damaged, and goes at once.
func (d *DB) ClearHistory(ctx context.Context, fingerprint string) error {
	inSteps := d.clearInSteps(ctx, fingerprint)
	if inSteps == nil {
		return nil
	}
	err := d.remakeHistory(ctx)
	if err == nil {
		err = d.changeHistory(ctx, func(w *historyTx) error {
			w.row = historyRow{fingerprint: fingerprint}
			return nil
		})
	}
	if err != nil {
		return unavailable(errors.Join(inSteps, err), historyUnwritable)
	}
	return nil
}

// clearInSteps is ClearHistory for an index that is sound.
func (d *DB) clearInSteps(ctx context.Context, fingerprint string) error {
	if err := restoreHistory(ctx, d.sql); err != nil {
		return err
	}
	err := d.changeHistory(ctx, func(w *historyTx) error {
		w.row = historyRow{fingerprint: fingerprint}
		return w.tx.QueryRowContext(ctx, selectRowCounts).Scan(w.row.counts()...)
	})
	if err != nil {
		return err
	}
	for _, part := range []struct {
		statement string
		count     func(*historyRow) *int64
	}{
		{"DELETE FROM history_versions WHERE (position, n) IN (SELECT position, n FROM history_versions NOT INDEXED LIMIT ?)", func(r *historyRow) *int64 { return &r.versions }},
		{"DELETE FROM history_commits WHERE position IN (SELECT position FROM history_commits NOT INDEXED LIMIT ?)", func(r *historyRow) *int64 { return &r.commits }},
		{"DELETE FROM history_rules WHERE id IN (SELECT id FROM history_rules NOT INDEXED LIMIT ?)", func(r *historyRow) *int64 { return &r.rules }},
	} {
		for more := true; more; {
			err := d.changeHistory(ctx, func(w *historyTx) error {
				left := part.count(&w.row)
				before := *left
				err := w.remove(ctx, left, part.statement, maxChunk)
				more = before-*left == maxChunk
				if err == nil && !more && *left != 0 { // SQLite counts rows in one of its indexes, which may know others than the table
					err = fmt.Errorf("%s: of the rows that were counted, %d are left", part.statement, *left)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// ForgetHistory empties the index of the history at once, also one that is damaged, so that the service makes it anew. Nobody else may write meanwhile.
func (d *DB) ForgetHistory(ctx context.Context) error {
	return wrap(d.remakeHistory(ctx), historyUnwritable)
}

// remakeHistory makes the tables anew: SQLite lets the pages of the old ones go, and looks at no row.
func (d *DB) remakeHistory(ctx context.Context) error {
	return d.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, historyAnew)
		return err
	})
}
