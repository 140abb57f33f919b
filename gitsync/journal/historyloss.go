package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// restoreHistory makes what somebody dropped of the history's tables again, without rows: the index is missed by its counts then, and the journal goes on.
func restoreHistory(ctx context.Context, db *sql.DB) error {
	missing, err := missingTable(ctx, db)
	if err != nil || missing == "" {
		return err
	}
	_, err = db.ExecContext(ctx, historySchema)
	return err
}

// missingTable returns the first of the history's tables that is not there; "" when all are.
func missingTable(ctx context.Context, from *sql.DB) (string, error) {
	for _, table := range []summed{historyTips, historyCommits, historyRules, historyVersions} {
		var n int
		if err := from.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?", table.name).Scan(&n); err != nil {
			return "", err
		}
		if n == 0 {
			return table.name, nil
		}
	}
	return "", nil
}

// HistoryLoss says what the index of the history has lost since it was written: a table, or rows; "" for nothing. What has lost some has to be made anew:
// ClearHistory begins that.
func (d *DB) HistoryLoss(ctx context.Context) (string, error) {
	loss, err := historyLoss(ctx, d.reader)
	return loss, wrap(err, historyUnreadable)
}

// historyLoss is HistoryLoss for any connection.
func historyLoss(ctx context.Context, from *sql.DB) (string, error) {
	if missing, err := missingTable(ctx, from); err != nil || missing != "" {
		return fmt.Sprintf("the table %s is missing", missing), err
	}
	var written, there historyRow
	// One statement sees one state, also while somebody writes.
	err := from.QueryRowContext(ctx, "SELECT h.commits, h.rules, h.versions, there.* FROM history h, ("+selectRowCounts+") there").
		Scan(append(written.counts(), there.counts()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return "the only row of the table history is missing", nil
	}
	if err != nil {
		return "", err
	}
	for _, table := range []struct {
		name           string
		written, there int64
	}{
		{historyCommits.name, written.commits, there.commits},
		{historyRules.name, written.rules, there.rules},
		{historyVersions.name, written.versions, there.versions},
	} {
		if table.written != table.there {
			return fmt.Sprintf("the table %s has %d rows, and %d were written", table.name, table.there, table.written), nil
		}
	}
	return "", nil
}
