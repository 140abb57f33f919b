package journal

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Changes returns what the commits did to rules that the query selects: as Versions does, but Limit and Offset count commits, and the time that it takes
// follows their number, not that of the rules which they changed.
func (d *DB) Changes(ctx context.Context, q rules.HistoryQuery) ([]rules.PastChange, error) {
	return readHistory(ctx, d, q, historyReader.changes)
}

func (r historyReader) changes(ctx context.Context, q rules.HistoryQuery) (changes []rules.PastChange, err error) {
	if q.Rule != nil { // a commit does one thing to a rule
		versions, err := r.versions(ctx, q)
		for _, v := range versions {
			changes = append(changes, changeOf(v))
		}
		return changes, err
	}
	f, err := r.filter(ctx, q)
	if err != nil {
		return nil, err
	}
	positions, err := r.positions(ctx, q, f)
	if err != nil {
		return nil, err
	}
	for _, position := range positions {
		change, err := r.change(ctx, position, q)
		if err != nil {
			return nil, err
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// changeOf is what a commit did, as far as one version tells.
func changeOf(v rules.Version) rules.PastChange {
	told, _ := v.Told()
	return rules.PastChange{Commit: v.Commit, Action: v.Action, Did: map[rules.ChangeKind]int{told: 1}, Versions: []rules.Version{v}}
}

// commitQuery returns the query for the positions of the commits that a HistoryQuery without a Rule selects; f is its filter.
func commitQuery(q rules.HistoryQuery, f filter) (query string, args []any) {
	const (
		byCommit = "SELECT c.position FROM history_commits c CROSS JOIN history_versions v ON v.position = c.position AND v.n = 0 WHERE "
		byName   = "SELECT v.position FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE "
		byKind   = "SELECT v.position FROM history_versions v CROSS JOIN history_commits c ON c.position = v.position WHERE v.kind = ? AND v.nth < 5 AND v.nth = 0 AND "
		ofKind   = " AND EXISTS (SELECT 1 FROM history_versions k WHERE k.kind = ? AND k.position = c.position AND k.nth < 5)"
	)
	var parts []string
	add := func(part string, more ...any) { parts, args = append(parts, part), append(args, more...) }
	kind := kindOf[q.Action]
	switch {
	case q.Name != "":
		if q.Action != "" {
			f.and("(c.action = ? OR v.kind = ?)", q.Action, string(kind))
		}
		for _, column := range []string{"name", "was"} {
			add(byName+"v."+column+" = ? AND "+f.sql, append([]any{q.Name}, f.args...)...)
		}
	case q.Request+q.Undoes+q.Revision != "":
		if q.Action != "" {
			f.and("(c.action = ? OR EXISTS (SELECT 1 FROM history_versions k WHERE k.kind = ? AND k.position = c.position AND k.nth < 5))", q.Action, string(kind))
		}
		add("SELECT c.position FROM history_commits c LEFT JOIN history_versions v ON v.position = c.position AND v.n = 0 WHERE "+f.sql, f.args...)
	case q.Action == "":
		add(byCommit+f.sql, f.args...)
	default:
		action := f.with("c.action = ?", q.Action)
		add(byCommit+action.sql, action.args...)
		if kind != "" && q.By != "" && kind == rules.RuleChanged { // that is most versions, and the person's are fewer
			add(byCommit+f.sql+ofKind, append(append([]any{}, f.args...), string(kind))...)
		} else if kind != "" {
			add(byKind+f.sql, append([]any{string(kind)}, f.args...)...)
		}
	}
	// In this order each part comes from its index, and SQLite merges them row by row, as far as the limit goes.
	return strings.Join(parts, " UNION ") + " ORDER BY 1 DESC LIMIT ? OFFSET ?", append(args, q.Limit, max(q.Offset, 0))
}

func (r historyReader) positions(ctx context.Context, q rules.HistoryQuery, f filter) (positions []int64, err error) {
	query, args := commitQuery(q, f)
	rows, err := r.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var position int64
		if err := rows.Scan(&position); err != nil {
			return nil, err
		}
		positions = append(positions, position)
	}
	return positions, rows.Err()
}

// firstOfKind is how many versions of each kind are read of a commit: those that the index history_versions_kind has.
const firstOfKind = 5

// The columns of a commit, and of a version that may be none.
const (
	commitColumns  = "c.revision, c.parents, c.time, c.author_name, c.author_email, c.author_id, c.action, c.subject, c.body, c.trailers"
	versionColumns = `COALESCE(v.kind, ''), COALESCE(r.ruler, ''), COALESCE(r.path, ''), COALESCE(r.grp, ''), COALESCE(r.name, ''), COALESCE(r.nth, 0),
		COALESCE(f.ruler, ''), COALESCE(f.path, ''), COALESCE(f.grp, ''), COALESCE(f.name, ''), COALESCE(f.nth, 0)`
	itsRules = " LEFT JOIN history_rules r ON r.id = v.rule LEFT JOIN history_rules f ON f.id = v.came_from"
)

// selectChange has a commit with the first versions of each kind; selectNamed with those of rules of a name.
const (
	selectChange = "SELECT c.did, " + commitColumns + ", " + versionColumns + ` FROM history_commits c
		LEFT JOIN history_versions v INDEXED BY history_versions_kind ON v.position = c.position AND v.nth < 5 AND v.kind IN ('added', 'changed', 'moved', 'deleted')` +
		itsRules + " WHERE c.position = ? ORDER BY v.n"
	selectNamed = "SELECT '', " + commitColumns + ", " + versionColumns + " FROM history_commits c JOIN history_versions v ON v.position = c.position" +
		itsRules + " WHERE c.position = ?1 AND (v.name = ?2 OR v.was = ?2) ORDER BY v.n"
)

// change reads what the commit at a position did, as far as the query asks for it.
func (r historyReader) change(ctx context.Context, position int64, q rules.HistoryQuery) (change rules.PastChange, err error) {
	text, args := selectChange, []any{position}
	if q.Name != "" {
		text, args = selectNamed, append(args, q.Name)
	}
	rows, err := r.query(ctx, text, args...)
	if err != nil {
		return change, err
	}
	defer rows.Close()
	var did string
	for rows.Next() {
		v, err := scanVersion(rows, &did)
		if err != nil {
			return change, err
		}
		if change.Commit.Revision == "" {
			change.Commit, change.Action, change.Did = v.Commit, v.Action, map[rules.ChangeKind]int{}
		}
		if only := kindOf[q.Action]; v.Kind == "" || v.Action != q.Action && only != "" && v.Kind != only {
			continue
		}
		told, _ := v.Told()
		if change.Did[told]++; change.Did[told] <= firstOfKind {
			change.Versions = append(change.Versions, v)
		}
	}
	if did == "" || rows.Err() != nil {
		return change, rows.Err()
	}
	all := map[rules.ChangeKind]int{}
	err = json.Unmarshal([]byte(did), &all)
	for kind := range change.Did { // those that are asked for
		change.Did[kind] = all[kind]
	}
	return change, err
}

// scanVersion reads the columns of a commit and of a version, and those before them.
func scanVersion(row interface{ Scan(into ...any) error }, before ...any) (v rules.Version, err error) {
	var (
		revision, parents, trailers []byte
		seconds                     int64
		c                           = &v.Commit
	)
	err = row.Scan(append(before, &revision, &parents, &seconds, &c.Author.Name, &c.Author.Email, &c.Author.ID, &v.Action, &c.Subject, &c.Body, &trailers, &v.Kind,
		&v.Ref.Ruler, &v.Ref.Path, &v.Ref.Group, &v.Ref.Name, &v.Ref.Nth, &v.From.Ruler, &v.From.Path, &v.From.Group, &v.From.Name, &v.From.Nth)...)
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
