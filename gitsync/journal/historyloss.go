package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// restoreHistory makes those of the history's tables again, without rows, that somebody dropped or gave other columns: the index is missed by its counts
// then, and the journal goes on.
func restoreHistory(ctx context.Context, db *sql.DB) error {
	unfit, err := unfitTables(ctx, db)
	if err != nil || len(unfit) == 0 {
		return err
	}
	var drop strings.Builder
	for _, table := range unfit {
		drop.WriteString("DROP TABLE IF EXISTS " + table + ";")
	}
	_, err = db.ExecContext(ctx, drop.String()+historySchema)
	return err
}

// unfitTables returns those of the history's tables that are not there, or have other columns.
func unfitTables(ctx context.Context, from *sql.DB) (unfit []string, err error) {
	for _, table := range []summed{historyTips, historyCommits, historyRules, historyVersions} {
		var columns string
		if err := from.QueryRowContext(ctx, "SELECT coalesce(group_concat(name, ' '), '') FROM pragma_table_info(?)", table.name).Scan(&columns); err != nil {
			return nil, err
		}
		if columns != strings.Join(table.columns, " ")+" sum" {
			unfit = append(unfit, table.name)
		}
	}
	return unfit, nil
}

// HistoryLoss says what the index of the history has lost since it was written: a table, rows, or what the table history says of it; "" for nothing. What
// has lost some has to be made anew: ClearHistory begins that.
func (d *DB) HistoryLoss(ctx context.Context) (string, error) {
	loss, err := historyLoss(ctx, d.reader)
	return loss, wrap(err, historyUnreadable)
}

// historyLoss is HistoryLoss for any connection.
func historyLoss(ctx context.Context, from *sql.DB) (string, error) {
	unfit, err := unfitTables(ctx, from)
	if err != nil {
		return "", err
	}
	if len(unfit) > 0 {
		return fmt.Sprintf("the table %s is missing, or has other columns than it was made with", unfit[0]), nil
	}
	var written, there historyRow
	// One statement sees one state, also while somebody writes.
	err = from.QueryRowContext(ctx, "SELECT h.commits, h.rules, h.versions, there.* FROM history h, ("+selectRowCounts+") there WHERE NOT ("+historyTips.differs()+")").
		Scan(append(written.counts(), there.counts()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return "the only row of the table history is missing, or is not as it was written", nil
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
