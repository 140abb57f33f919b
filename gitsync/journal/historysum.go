package journal

import (
	"context"
	"strings"
)

// What the index of the history says is proved by sums (see rowsum.go).

var (
	historyTips     = summed{"history", strings.Fields("one fingerprint tips commits rules versions"), "'its only row'"}
	historyCommits  = summed{"history_commits", strings.Fields("position revision parents time author_name author_email author_id who who_id action request_id subject body trailers"), "'position ' || position"}
	historyRules    = summed{"history_rules", strings.Fields("id ruler path grp name nth"), "'id ' || id"}
	historyVersions = summed{"history_versions", strings.Fields("position n kind rule came_from name was"), "'position ' || position || ', n ' || n"}
)

var (
	addCommit  = historyCommits.insert("INSERT")
	addRule    = historyRules.insert("INSERT")
	addVersion = historyVersions.insert("INSERT")
	setHistory = historyTips.insert("INSERT OR REPLACE")
)

// ForgetHistory empties the index of the history at once, also one that is damaged, so that the service makes it anew. Nobody else may write meanwhile.
func (d *DB) ForgetHistory(ctx context.Context) error {
	if err := d.makeHistory(ctx); err != nil {
		return unavailable(err, historyUnwritable)
	}
	return wrap(d.changeHistory(ctx, func(w *historyTx) error {
		// Without a condition, SQLite lets the pages go and looks at no row.
		for _, statement := range []string{"DELETE FROM history_versions", "DELETE FROM history_commits", "DELETE FROM history_rules"} {
			if err := w.exec(ctx, statement); err != nil {
				return err
			}
		}
		w.row = historyRow{}
		return nil
	}), historyUnwritable)
}
