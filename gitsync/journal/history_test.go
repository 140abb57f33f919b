package journal

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

func hash(n int) string { return fmt.Sprintf("%040x", n) }

// at returns a place for a rule: "path/group/Name", where Name may end in "#2".
func at(address string) rules.Ref {
	f := strings.Split(address, "/")
	r := rules.Ref{Ruler: "prometheus", Path: strings.Join(f[:len(f)-2], "/"), Group: f[len(f)-2], Name: f[len(f)-1], Nth: 1}
	if name, ok := strings.CutSuffix(r.Name, "#2"); ok {
		r.Name, r.Nth = name, 2
	}
	return r
}

// line makes a history of commits in a row out of what each did: "added a/g/X", "moved a/g/Y a/g/X" (there, from), "deleted a/g/Y".
func line(commits ...string) (all []IndexedCommit) {
	for n, did := range commits {
		var c IndexedCommit
		c.Commit.Revision, c.Commit.When, c.Commit.Subject = hash(n+1), time.Unix(int64(1000+n), 0).UTC(), did
		c.Commit.Author = rules.Person{ID: fmt.Sprint("U", n%2), Name: []string{"Aiko", "Ben"}[n%2]}
		c.Commit.Trailers = []rules.Trailer{{Key: "Action", Value: "act"}, {Key: "Request-Id", Value: fmt.Sprint("r", n+1)}}
		if n > 0 {
			c.Commit.Parents, c.Commit.Parent = []string{hash(n)}, hash(n)
		}
		for text := range strings.SplitSeq(did, ", ") {
			f := strings.Fields(text)
			v := rules.Version{Commit: c.Commit, Action: "act", Kind: rules.ChangeKind(f[0]), Ref: at(f[1])}
			if v.Kind == rules.RuleMoved {
				v.From = at(f[2])
			}
			c.Versions = append(c.Versions, v)
		}
		all = append(all, c)
	}
	return all
}

func writeHistory(t testing.TB, db *DB, all []IndexedCommit) {
	t.Helper()
	if err := db.ClearHistory(t.Context(), "test"); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := db.WriteHistory(t.Context(), HistoryStep{Add: []IndexedCommit{c}, Tips: []string{c.Commit.Revision}}); err != nil {
			t.Fatal(err)
		}
	}
}

// subjects returns what was found as the numbers of the commits.
func subjects(t testing.TB, db *DB, q rules.HistoryQuery) string {
	t.Helper()
	versions, err := db.Versions(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, v := range versions {
		numbers = append(numbers, strings.TrimLeft(v.Commit.Revision, "0"))
	}
	return strings.Join(numbers, " ")
}

func TestLifeOfARule(t *testing.T) {
	t.Parallel()
	const aside = "paused/prometheus/x-1.paused/g/X"
	paused := slices.Clip([]string{"added a/g/X", "moved " + aside + " a/g/X", "moved a/g/X " + aside})
	for name, tc := range map[string]struct {
		history []string
		rule    string
		want    string
	}{
		"changed where it stands":                     {[]string{"added a/g/X", "added a/g/Y", "changed a/g/X"}, "a/g/X", "3 1"},
		"a place where nothing ever stood":            {[]string{"added a/g/X"}, "a/g/Z", ""},
		"moved twice":                                 {[]string{"added a/g/X", "moved b/g/X a/g/X", "changed b/g/X", "moved b/h/Y b/g/X"}, "b/h/Y", "4 3 2 1"},
		"asked for by where it stood before":          {[]string{"added a/g/X", "moved b/g/X a/g/X", "changed b/g/X", "moved b/h/Y b/g/X", "changed b/h/Y"}, "a/g/X", "5 4 3 2 1"},
		"deleted":                                     {[]string{"added a/g/X", "changed a/g/X", "deleted a/g/X"}, "a/g/X", "3 2 1"},
		"deleted and restored":                        {[]string{"added a/g/X", "deleted a/g/X", "added a/g/X"}, "a/g/X", "3 2 1"},
		"moved and deleted, by its first place":       {[]string{"added a/g/X", "moved b/g/X a/g/X", "deleted b/g/X"}, "a/g/X", "3 2 1"},
		"another one where it stood":                  {[]string{"added a/g/X", "moved b/g/X a/g/X", "added a/g/X", "changed a/g/X"}, "a/g/X", "4 3"},
		"and the one that went":                       {[]string{"added a/g/X", "moved b/g/X a/g/X", "added a/g/X", "changed a/g/X"}, "b/g/X", "2 1"},
		"another one in the same commit":              {[]string{"added a/g/X", "added a/g/X, moved b/g/X a/g/X"}, "a/g/X", "2"},
		"two change places":                           {[]string{"added a/g/X, added a/g/X#2", "changed a/g/X", "moved a/g/X a/g/X#2, moved a/g/X#2 a/g/X"}, "a/g/X#2", "3 2 1"},
		"the first of two goes":                       {[]string{"added a/g/X, added a/g/X#2", "changed a/g/X", "moved a/g/X a/g/X#2, deleted a/g/X"}, "a/g/X", "3 1"},
		"paused, and restored while it was live last": {append(paused, "deleted a/g/X", "added "+aside), aside, "5 4 3 2 1"},
		"and asked for by where it is live":           {append(paused, "deleted a/g/X", "added "+aside), "a/g/X", "5 4 3 2 1"},
		"deleted while paused, and restored live":     {[]string{paused[0], paused[1], "deleted " + aside, "added a/g/X"}, aside, "4 3 2 1"},
		"both ways, and it goes on": {append(paused, "deleted a/g/X", "added "+aside, "deleted "+aside, "added a/g/X", "moved b/g/X a/g/X"), "a/g/X",
			"8 7 6 5 4 3 2 1"},
		"another one beside a paused one":          {[]string{paused[0], paused[1], "added a/g/X", "changed " + aside}, "a/g/X", "3"},
		"a paused one beside another one":          {[]string{paused[0], paused[1], "added a/g/X", "deleted " + aside, "added " + aside}, aside, "5 4 2 1"},
		"the first of two goes, asked by old name": {[]string{"added a/g/X, added a/g/X#2", "moved a/g/X a/g/X#2, deleted a/g/X"}, "a/g/X#2", "2 1"},
	} {
		db := openNew(t)
		writeHistory(t, db, line(tc.history...))
		rule := at(tc.rule)
		if got := subjects(t, db, rules.HistoryQuery{Rule: &rule}); got != tc.want {
			t.Errorf("%s: commits %q, want %q", name, got, tc.want)
		}
	}
}

func TestLifeIsFilteredAndCut(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	writeHistory(t, db, line("added a/g/X", "changed a/g/X", "moved a/g/Y a/g/X", "changed a/g/Y", "changed a/g/Y"))
	rule := at("a/g/Y")
	for want, q := range map[string]rules.HistoryQuery{
		"5 4":   {Limit: 2},
		"4 3 2": {Limit: 3, Offset: 1},
		"5 3 1": {By: "aiko"},
		"3 1":   {By: "u0", Offset: 1},
		"3 2 1": {Name: "X"},
		"2":     {Request: "r2"},
		"2 1":   {UpTo: hash(2)},
		"4 3":   {Since: time.Unix(1002, 0), Until: time.Unix(1003, 1)},
		"":      {Action: "other"},
	} {
		q.Rule = &rule
		if got := subjects(t, db, q); got != want {
			t.Errorf("%+v: commits %q, want %q", q, got, want)
		}
	}
}

func TestVersionComesBackAsItWas(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	all := line("added a/g/X", "moved b/h/Y a/g/X")
	c := &all[1]
	c.Commit.Body, c.Commit.Subject, c.Commit.Author.Email = "why\n\nnot \x00", "subject 'x' \"y\";--", "b@example.org"
	c.Versions[0].Commit = c.Commit
	writeHistory(t, db, all)
	got, err := db.Versions(t.Context(), rules.HistoryQuery{})
	if diff := cmp.Diff([]rules.Version{all[1].Versions[0], all[0].Versions[0]}, got); err != nil || diff != "" {
		t.Errorf("%v (-written +read):\n%s", err, diff)
	}
	again := all[1]
	if err := db.WriteHistory(t.Context(), HistoryStep{Add: []IndexedCommit{again}, Tips: []string{hash(2)}}); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, db, rules.HistoryQuery{}); got != "2 1" {
		t.Errorf("written twice, there are %q", got)
	}
	if tips, err := db.HistoryTips(t.Context(), "test"); err != nil || !cmp.Equal(tips, []string{hash(2)}) {
		t.Errorf("tips %v, %v", tips, err)
	}
	if tips, err := db.HistoryTips(t.Context(), "another"); err != nil || len(tips) > 0 {
		t.Errorf("tips of another fingerprint: %v, %v", tips, err)
	}
}

func TestCommitThatDidMuch(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	all := line("added a/g/X", "added a/g/Y")
	for n := range 1000 {
		v := all[1].Versions[0]
		v.Ref = at(fmt.Sprintf("a/g/R%04d", n))
		all[1].Versions = append(all[1].Versions, v)
	}
	want := append(append([]rules.Version{}, all[1].Versions...), all[0].Versions...)
	writeHistory(t, db, all)
	got, err := db.Versions(t.Context(), rules.HistoryQuery{Limit: 5000})
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-written +read):\n%s", err, diff)
	}
	if err := db.WriteHistory(t.Context(), HistoryStep{Remove: []string{hash(2)}, Tips: []string{hash(1)}}); err != nil {
		t.Fatal(err)
	}
	if got := subjects(t, db, rules.HistoryQuery{Limit: 5000}); got != "1" {
		t.Errorf("after the commit was removed, there are %q", got)
	}
}

func TestHistoryRefusesACommitWithoutItsParent(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	err := db.WriteHistory(t.Context(), HistoryStep{Add: line("added a/g/X", "added a/g/Y")[1:], Tips: []string{hash(2)}})
	if rules.KindOf(err) != rules.Unavailable || err == nil {
		t.Errorf("a commit without its parent: %v", err)
	}
	if tips, err := db.HistoryTips(t.Context(), ""); err != nil || len(tips) > 0 {
		t.Errorf("tips %v, %v after a step that failed", tips, err)
	}
}

// TestQuestionsUseIndexes looks at how SQLite would answer each kind of question: by an index, and without sorting.
func TestQuestionsUseIndexes(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	writeHistory(t, db, line("added a/g/X", "changed a/g/X"))
	for name, tc := range map[string]struct {
		q     rules.HistoryQuery
		index string
	}{
		"name":          {rules.HistoryQuery{Name: "X"}, "history_versions_name"},
		"by a name":     {rules.HistoryQuery{By: "aiko"}, "history_commits_who "},
		"by an id":      {rules.HistoryQuery{By: "u0"}, "history_commits_who_id "},
		"by and action": {rules.HistoryQuery{By: "aiko", Action: "act"}, "history_commits_who_action"},
		"id and action": {rules.HistoryQuery{By: "u0", Action: "act"}, "history_commits_who_id_action"},
		"action":        {rules.HistoryQuery{Action: "act"}, "history_commits_action"},
		"request":       {rules.HistoryQuery{Request: "r1"}, "history_commits_request"},
		"its undoing":   {rules.HistoryQuery{Undoes: "r1"}, "history_commits_undoes"},
		"a commit":      {rules.HistoryQuery{Revision: hash(1)}, "(revision=?)"},
		"a kind":        {rules.HistoryQuery{Action: "delete"}, "history_versions_kind (kind=?"},
		"a kind, dates": {rules.HistoryQuery{Action: "delete", Since: time.Unix(1001, 0)}, "history_versions_kind (kind=? AND position>?"},
		"kind and name": {rules.HistoryQuery{Action: "delete", Name: "X"}, "history_versions_name"},
		"by and kind":   {rules.HistoryQuery{Action: "edit", By: "aiko"}, "history_commits_who "},
		"dates":         {rules.HistoryQuery{Since: time.Unix(1001, 0), Until: time.Unix(1002, 0)}, "INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
	} {
		tx, err := db.reader.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		r := historyReader{tx, db.asked}
		f, err := r.filter(t.Context(), tc.q)
		if err != nil {
			t.Fatal(err)
		}
		query, args := commitQuery(tc.q, f)
		plan := explain(t, tx.QueryContext, query, args)
		walked := strings.Contains(strings.ReplaceAll(plan, "(kind=? AND position=? AND nth<?)", ""), "_kind (") // through all versions of a kind
		if !strings.Contains(plan, tc.index) || walked != strings.Contains(tc.index, "_kind (") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s is answered by\n%s", name, plan)
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestActionsAreFoundByWhatTheyDo looks for deletions, of which none says that it is one.
func TestActionsAreFoundByWhatTheyDo(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	writeHistory(t, db, line("added a/g/X, added a/g/Y", "changed a/g/X", "moved b/g/X a/g/X", "deleted b/g/X", "deleted a/g/Y"))
	x := at("a/g/X")
	for _, tc := range []struct {
		q    rules.HistoryQuery
		want string
	}{
		{rules.HistoryQuery{Action: "delete"}, "5 4"},
		{rules.HistoryQuery{Action: "add"}, "1 1"},
		{rules.HistoryQuery{Action: "edit"}, "2"},
		{rules.HistoryQuery{Action: "move"}, ""},
		{rules.HistoryQuery{Action: "act"}, "5 4 3 2 1 1"},
		{rules.HistoryQuery{Action: "delete", By: "aiko"}, "5"},
		{rules.HistoryQuery{Action: "delete", Name: "X"}, "4"},
		{rules.HistoryQuery{Action: "delete", Rule: &x}, "4"},
		{rules.HistoryQuery{Action: "delete", Until: time.Unix(1004, 0)}, "4"},
		{rules.HistoryQuery{Action: "delete", Since: time.Unix(1004, 0)}, "5"},
		{rules.HistoryQuery{Action: "delete", Limit: 1, Offset: 1}, "4"},
	} {
		if got := subjects(t, db, tc.q); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.q, got, tc.want)
		}
	}
}

// TestChanges: commits are counted, whatever they did to how many rules, and of many of a kind the first ones are read.
func TestChanges(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var many []string
	for n := range 450 {
		many = append(many, fmt.Sprintf("changed a/g/R%03d", n))
	}
	bulk := strings.Join(many, ", ")
	all := line("added a/g/X, added a/g/Y", bulk, "moved paused/p/y.paused/g/Y a/g/Y, moved b/g/X a/g/X", bulk+", deleted b/g/X", "deleted paused/p/y.paused/g/Y")
	undo := &all[4].Commit
	undo.Trailers = []rules.Trailer{{Key: "Action", Value: "undo"}, {Key: "Request-Id", Value: "r5"}, {Key: rules.TrailerUndoes, Value: "r1"}}
	all[4].Versions[0].Action = "undo"
	writeHistory(t, db, all)
	x := at("b/g/X")
	for _, tc := range []struct {
		q    rules.HistoryQuery
		want string
	}{
		{rules.HistoryQuery{}, "5 deleted 1 Y; 4 changed 450 R000 R001 R002 R003 R004 deleted 1 X; 3 moved 1 X paused 1 Y; 2 changed 450 R000 R001 R002 R003 R004; 1 added 2 X Y"},
		{rules.HistoryQuery{Limit: 1, Offset: 3}, "2 changed 450 R000 R001 R002 R003 R004"},
		{rules.HistoryQuery{Action: "delete"}, "5 deleted 1 Y; 4 deleted 1 X"},
		{rules.HistoryQuery{Action: "delete", Limit: 1, Offset: 1}, "4 deleted 1 X"},
		{rules.HistoryQuery{Action: "edit", By: "ben"}, "4 changed 450 R000 R001 R002 R003 R004; 2 changed 450 R000 R001 R002 R003 R004"},
		{rules.HistoryQuery{Action: "undo"}, "5 deleted 1 Y"},
		{rules.HistoryQuery{Name: "X"}, "4 deleted 1 X; 3 moved 1 X; 1 added 1 X"},
		{rules.HistoryQuery{Name: "X", Action: "delete"}, "4 deleted 1 X"},
		{rules.HistoryQuery{Rule: &x, Limit: 2}, "4 deleted 1 X; 3 moved 1 X"},
		{rules.HistoryQuery{Undoes: "r1"}, "5 deleted 1 Y"},
		{rules.HistoryQuery{Undoes: "r2"}, ""},
		{rules.HistoryQuery{Revision: hash(3)}, "3 moved 1 X paused 1 Y"},
		{rules.HistoryQuery{Request: "r3"}, "3 moved 1 X paused 1 Y"},
	} {
		changes, err := db.Changes(t.Context(), tc.q)
		if err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, c := range changes {
			words := []string{strings.TrimLeft(c.Commit.Revision, "0")}
			for _, kind := range slices.Sorted(maps.Keys(c.Did)) {
				words = append(words, string(kind), strconv.Itoa(c.Did[kind]))
				for _, v := range c.Versions {
					if is, _ := v.Told(); is == kind {
						words = append(words, v.Ref.Name)
					}
				}
			}
			told = append(told, strings.Join(words, " "))
		}
		if got := strings.Join(told, "; "); got != tc.want {
			t.Errorf("%+v:\n%s, want\n%s", tc.q, got, tc.want)
		}
	}
}

// TestReceiveBesideTheHistory records commands while the history is written and emptied.
func TestReceiveBesideTheHistory(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var history []string
	for n := range 300 {
		history = append(history, fmt.Sprintf("added a/g/R%d", n))
	}
	all := line(history...)
	ctx, stop := context.WithCancel(t.Context())
	var received sync.WaitGroup
	count := 0
	received.Go(func() {
		for ctx.Err() == nil {
			if _, err := db.Receive(t.Context(), request(fmt.Sprint("r", count), "")); err != nil {
				t.Error(err)
				return
			}
			count++
		}
	})
	writeHistory(t, db, all)
	writeHistory(t, db, all)
	stop()
	received.Wait()
	if got := len(must(t)(db.Interrupted(t.Context()))); got != count || count == 0 {
		t.Errorf("%d commands are recorded of %d", got, count)
	}
	if got := len(strings.Fields(subjects(t, db, rules.HistoryQuery{Limit: 1000}))); got != 300 {
		t.Errorf("%d versions, want 300", got)
	}
}

// explain returns how SQLite answers a query.
func explain(t *testing.T, query func(context.Context, string, ...any) (*sql.Rows, error), text string, args []any) string {
	t.Helper()
	rows, err := query(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(detail + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
