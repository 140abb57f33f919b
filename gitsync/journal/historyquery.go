package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
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
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	tx, err := d.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // one state of the index
	if err != nil {
		return nil, unavailable(err, historyUnreadable)
	}
	defer tx.Rollback() // nothing was written
	r := historyReader{tx, d.asked}
	versions, err := r.versions(ctx, q)
	return versions, wrap(err, historyUnreadable)
}

// historyReader reads one state of the history.
type historyReader struct {
	tx       *sql.Tx
	prepared prepared
}

func (r historyReader) versions(ctx context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
	ways, err := r.filters(ctx, q)
	if err != nil {
		return nil, err
	}
	var found []place
	if q.Rule != nil {
		found, err = r.life(ctx, *q.Rule, q, either(ways))
	} else {
		found, err = r.search(ctx, q, ways)
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
	// ofKind says that an index is to find the versions by their kind.
	ofKind bool
}

// kindOf is what an action does to a rule, whoever does it: with an editor, by an undo, because its time is over.
var kindOf = map[string]rules.ChangeKind{"add": rules.RuleAdded, "delete": rules.RuleDeleted, "edit": rules.RuleChanged}

func (f *filter) and(condition string, args ...any) {
	f.sql += " AND " + condition
	f.args = append(f.args, args...)
}

// filters returns the query's conditions but Rule and Name. A version is wanted for which one of them holds.
func (r historyReader) filters(ctx context.Context, q rules.HistoryQuery) ([]filter, error) {
	f, err := r.filter(ctx, q)
	if err != nil || q.Action == "" {
		return []filter{f}, err
	}
	ways := []filter{f.with("c.action = ?", q.Action)}
	if kind := kindOf[q.Action]; kind != "" {
		byKind := f.with("v.kind = ?", string(kind))
		byKind.ofKind = q.Request == "" && (q.By == "" || kind != rules.RuleChanged) // that is most versions, and the person's are fewer
		ways = append(ways, byKind)
	}
	return ways, nil
}

// with returns the filter with one condition more.
func (f filter) with(condition string, arg any) filter {
	f.args = slices.Clone(f.args)
	f.and(condition, arg)
	return f
}

// either returns the filter for what one of several filters wants.
func either(ways []filter) (all filter) {
	if len(ways) == 1 {
		return ways[0] // as it was prepared
	}
	for i, f := range ways {
		if i > 0 {
			all.sql += " OR "
		}
		all.sql += "(" + f.sql + ")"
		all.args = append(all.args, f.args...)
	}
	all.sql = "(" + all.sql + ")"
	return all
}

// filter returns the query's conditions but Rule, Name and Action. Each names the index that serves it by the index's own condition, and dates
// are also bounds of the position, whichever table is looked through.
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
	if !q.Since.IsZero() {
		since := secondsUp(q.Since)
		f.and("c.time >= ? AND c.position >= ? AND v.position >= ?", since, since*micros, since*micros)
	}
	if !q.Until.IsZero() {
		until := secondsUp(q.Until)
		var drift sql.NullInt64 // how far a position is beyond its date at most
		if err := r.tx.QueryRowContext(ctx, "SELECT max(position - time * 1000000) FROM history_commits").Scan(&drift); err != nil {
			return f, err
		}
		last := until*micros + drift.Int64
		f.and("c.time < ? AND c.position <= ? AND v.position <= ?", until, last, last)
	}
	return f, nil
}

// secondsUp returns the first full second that is not before t.
func secondsUp(t time.Time) int64 { return seconds(t.Add(time.Second - 1)) }

// searchQuery returns the query for the places of what a HistoryQuery without a Rule selects.
func searchQuery(q rules.HistoryQuery, ways []filter) (query string, args []any) {
	const (
		fromVersions = "SELECT v.position, v.n FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE "
		fromCommits  = "SELECT c.position, v.n FROM history_commits c CROSS JOIN history_versions v ON v.position = c.position WHERE "
	)
	var parts []string
	if q.Name != "" {
		f := either(ways)
		for _, column := range []string{"name", "was"} {
			parts = append(parts, fromVersions+"v."+column+" = ? AND "+f.sql)
			args = append(append(args, q.Name), f.args...)
		}
		ways = nil
	}
	for _, f := range ways {
		from := fromCommits
		if f.ofKind {
			from = fromVersions
		}
		parts = append(parts, from+f.sql)
		args = append(args, f.args...)
	}
	// In this order each part comes from its index, and SQLite merges them row by row, as far as the limit goes.
	return strings.Join(parts, " UNION ") + " ORDER BY 1 DESC, 2 LIMIT ? OFFSET ?", append(args, q.Limit, max(q.Offset, 0))
}

// search returns the places of what a HistoryQuery without a Rule selects.
func (r historyReader) search(ctx context.Context, q rules.HistoryQuery, ways []filter) (found []place, err error) {
	query, args := searchQuery(q, ways)
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
const selectVersion = `SELECT c.revision, c.parents, c.time, c.author_name, c.author_email, c.author_id, c.action, c.subject, c.body,
		c.trailers, v.kind, r.ruler, r.path, r.grp, r.name, r.nth, COALESCE(f.ruler, ''), COALESCE(f.path, ''), COALESCE(f.grp, ''),
		COALESCE(f.name, ''), COALESCE(f.nth, 0)
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

func scanVersion(row *sql.Row) (v rules.Version, err error) {
	var (
		revision, parents, trailers []byte
		seconds                     int64
		c                           = &v.Commit
	)
	err = row.Scan(&revision, &parents, &seconds, &c.Author.Name, &c.Author.Email, &c.Author.ID, &v.Action, &c.Subject, &c.Body, &trailers, &v.Kind,
		&v.Ref.Ruler, &v.Ref.Path, &v.Ref.Group, &v.Ref.Name, &v.Ref.Nth, &v.From.Ruler, &v.From.Path, &v.From.Group, &v.From.Name, &v.From.Nth)
	if err != nil {
		return v, err
	}
	c.Revision, c.When = hex.EncodeToString(revision), time.Unix(seconds, 0).UTC()
	for ; len(parents) > 0; parents = parents[len(revision):] {
		c.Parents = append(c.Parents, hex.EncodeToString(parents[:len(revision)]))
	}
	if len(c.Parents) > 0 {
		c.Parent = c.Parents[0]
	}
	return v, json.Unmarshal(trailers, &c.Trailers)
}
