package journal

import (
	"context"
	"database/sql"
	"errors"
)

// historyRow is the one row of the table history: what the index is, and how many rows its other tables have. Each transaction writes it with the rows
// that it adds and removes, so that a row that is lost is missed.
type historyRow struct {
	fingerprint, tips        string
	commits, rules, versions int64
}

// counts returns where the numbers of selectRowCounts go.
func (r *historyRow) counts() []any { return []any{&r.commits, &r.rules, &r.versions} }

// selectRowCounts has how many rows the tables have.
const selectRowCounts = "SELECT (SELECT count(*) FROM history_commits), (SELECT count(*) FROM history_rules), (SELECT count(*) FROM history_versions)"

// changeHistory runs a transaction that changes the index.
func (d *DB) changeHistory(ctx context.Context, do func(*historyTx) error) error {
	return d.transact(ctx, func(p *preparedTx) error {
		w := &historyTx{preparedTx: p}
		r := &w.row
		err := w.tx.QueryRowContext(ctx, "SELECT fingerprint, tips, commits, rules, versions FROM history").Scan(append([]any{&r.fingerprint, &r.tips}, r.counts()...)...)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := do(w); err != nil {
			return err
		}
		return w.exec(ctx, setHistory, 1, r.fingerprint, r.tips, r.commits, r.rules, r.versions)
	})
}

// historyTx is a transaction that changes the index.
type historyTx struct {
	*preparedTx
	row historyRow // as it is to be when the transaction ends
}

// insert runs a statement that adds rows to a table, whose rows are counted.
func (w *historyTx) insert(ctx context.Context, count *int64, statement string, args ...any) error {
	n, err := w.rows(ctx, statement, args...)
	*count += n
	return err
}

// remove runs a statement that takes rows out of a table, whose rows are counted.
func (w *historyTx) remove(ctx context.Context, count *int64, statement string, args ...any) error {
	n, err := w.rows(ctx, statement, args...)
	*count -= n
	return err
}

func (w *historyTx) position(ctx context.Context, revision []byte) (int64, bool, error) {
	return w.number(ctx, "SELECT position FROM history_commits WHERE revision = ?", revision)
}
