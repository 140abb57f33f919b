package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// defaultLimit is the Limit of a query that has none.
const defaultLimit = 20

// Versions returns what the query selects, the newest first by the order of the log: no version before those of the commits that came
// after it. It answers from the index as far as that goes; Commit.When is in UTC.
//
// A rule's life goes on where it was moved to, and where it was deleted and made again at the same place.
func (d *DB) Versions(ctx context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
	return readHistory(ctx, d, q, historyReader.versions)
}

// readHistory answers a query from one state of the index.
func readHistory[T any](ctx context.Context, d *DB, q rules.HistoryQuery, read func(historyReader, context.Context, rules.HistoryQuery) ([]T, error)) ([]T, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	tx, err := d.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one state of the index
	if err != nil {
		return nil, unavailable(err, historyUnreadable)
	}
	defer tx.Rollback() // nothing was written
	answer, err := read(historyReader{tx, d.asked}, ctx, q)
	return answer, wrap(err, historyUnreadable)
}

// historyReader reads one state of the history.
type historyReader struct {
	tx       *sql.Tx
	prepared prepared
}

func (r historyReader) versions(ctx context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
	f, err := r.versionFilter(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []place
	if q.Rule != nil {
		found, err = r.life(ctx, *q.Rule, q, f)
	} else {
		found, err = r.search(ctx, q, f)
	}
	if err != nil {
		return nil, err
	}
	return r.read(ctx, found)
}

// place is where a version stands in the index.
type place struct{ position, n int64 }

// filter is the conditions that a query sets to a version, v, and its commit, c.
type filter struct {
	sql  string
	args []any
}

// kindOf is what an action does to a rule, whoever does it: with an editor, by an undo, because its time is over.
var kindOf = map[string]rules.ChangeKind{"add": rules.RuleAdded, "delete": rules.RuleDeleted, "edit": rules.RuleChanged}

func (f *filter) and(condition string, args ...any) {
	f.sql += " AND " + condition
	f.args = append(f.args, args...)
}

// with returns the filter with one condition more.
func (f filter) with(condition string, args ...any) filter {
	f.args = slices.Clone(f.args)
	f.and(condition, args...)
	return f
}

// versionFilter returns the query's conditions but Rule and Name.
func (r historyReader) versionFilter(ctx context.Context, q rules.HistoryQuery) (filter, error) {
	f, err := r.filter(ctx, q)
	if kind := kindOf[q.Action]; kind != "" {
		f.and("(c.action = ? OR v.kind = ?)", q.Action, string(kind))
	} else if q.Action != "" {
		f.and("c.action = ?", q.Action)
	}
	return f, err
}

// filter returns the query's conditions but Rule, Name and Action. Each names the index that serves it by the index's own condition.
func (r historyReader) filter(ctx context.Context, q rules.HistoryQuery) (filter, error) {
	f := filter{sql: "true"}
	if who := strings.ToLower(q.By); who != "" {
		var byID, byName bool
		err := r.tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM history_commits WHERE who_id = ?1 AND who_id <> ''),
			EXISTS (SELECT 1 FROM history_commits WHERE who = ?1)`, who).Scan(&byID, &byName)
		switch {
		case err != nil:
			return f, err
		case byID && byName:
			f.and("(c.who_id = ? OR c.who = ?)", who, who)
		case byID:
			f.and("c.who_id = ? AND c.who_id <> ''", who)
		default:
			f.and("c.who = ?", who)
		}
	}
	if q.Request != "" {
		f.and("c.request_id = ? AND c.request_id <> ''", q.Request)
	}
	if q.Undoes != "" {
		f.and("c.undoes = ? AND c.undoes <> ''", q.Undoes)
	}
	if q.Revision != "" {
		revision, err := hex.DecodeString(q.Revision)
		if err != nil {
			return f, err
		}
		f.and("c.revision = ?", revision)
	}
	if q.UpTo != "" {
		revision, err := hex.DecodeString(q.UpTo)
		if err != nil {
			return f, err
		}
		f.and("v.position <= (SELECT position FROM history_commits WHERE revision = ?)", revision)
	}
	if q.Since.IsZero() && q.Until.IsZero() {
		return f, nil
	}
	err := r.arrived(ctx, &f, q.Since, q.Until)
	return f, err
}

// secondsUp returns the first full second that is not before t.
func secondsUp(t time.Time) int64 { return seconds(t.Add(time.Second - 1)) }

// searchQuery returns the query for the places of what a HistoryQuery without a Rule selects.
func searchQuery(q rules.HistoryQuery, f filter) (query string, args []any) {
	const (
		fromVersions = "SELECT v.position, v.n FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE "
		fromCommits  = "SELECT c.position, v.n FROM history_commits c CROSS JOIN history_versions v ON v.position = c.position WHERE "
	)
	parts, args := []string{fromCommits + f.sql}, f.args
	if q.Name != "" {
		parts, args = nil, nil
		for _, column := range []string{"name", "was"} {
			parts = append(parts, fromVersions+"v."+column+" = ? AND "+f.sql)
			args = append(append(args, q.Name), f.args...)
		}
	}
	// In this order each part comes from its index, and SQLite merges them row by row, as far as the limit goes.
	return strings.Join(parts, " UNION ") + " ORDER BY 1 DESC, 2 LIMIT ? OFFSET ?", append(slices.Clone(args), q.Limit, max(q.Offset, 0))
}

// search returns the places of what a HistoryQuery without a Rule selects.
func (r historyReader) search(ctx context.Context, q rules.HistoryQuery, f filter) (found []place, err error) {
	query, args := searchQuery(q, f)
	rows, err := r.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		if err := rows.Scan(&p.position, &p.n); err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

// selectVersion has a version with its commit, at a place.
const selectVersion = "SELECT " + commitColumns + ", " + versionColumns + `
	FROM history_versions v
	JOIN history_commits c ON c.position = v.position
	JOIN history_rules r ON r.id = v.rule
	LEFT JOIN history_rules f ON f.id = v.came_from
	WHERE v.position = ? AND v.n = ?`

// read returns the versions at these places.
func (r historyReader) read(ctx context.Context, found []place) ([]rules.Version, error) {
	if len(found) == 0 {
		return nil, nil
	}
	versions := make([]rules.Version, 0, len(found))
	for _, p := range found {
		v, err := scanVersion(r.queryRow(ctx, selectVersion, p.position, p.n))
		if err != nil {
			return nil, err
		}
		versions = append(versions, v)
	}
	return versions, nil
}
