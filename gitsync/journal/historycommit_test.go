package journal

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// A line of four commits, of which the third merges one that was made before the second and came later.
func TestCommitsAndStateAt(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	hash := func(s string) string { return s + strings.Repeat("0", 40-len(s)) }
	start := time.Date(2020, 11, 1, 10, 0, 0, 0, time.UTC)
	commit := func(name string, hours int, parents ...string) IndexedCommit {
		c := rules.PastCommit{Found: rules.Found{Revision: hash(name), Subject: "s" + name}, Parents: parents, When: start.Add(time.Duration(hours) * time.Hour)}
		return IndexedCommit{Commit: c}
	}
	step := HistoryStep{Tips: []string{hash("abcd4")}, Add: []IndexedCommit{
		commit("abcd1", 0), commit("5de", 1, hash("abcd1")), commit("abc2", 2, hash("abcd1")),
		commit("abcd3", 3, hash("abc2"), hash("5de")), commit("abcd4", 4, hash("abcd3")),
	}}
	if err := db.ClearHistory(t.Context(), "f"); err != nil {
		t.Fatal(err)
	}
	if err := db.WriteHistory(t.Context(), step); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"abcd": "sabcd4 sabcd3 sabcd1", "abc2": "sabc2", "abcd10": "sabcd1", hash("abcd3"): "sabcd3", hash("abcd3") + "0": "", "dddd": "", "xyz": "", strings.Repeat("a", 65): "",
	} {
		found, err := db.Commits(t.Context(), prefix, 3)
		var subjects []string
		for _, c := range found {
			subjects = append(subjects, c.Subject)
		}
		if got := strings.Join(subjects, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", prefix, got, err, want)
		}
	}
	found, err := db.Commits(t.Context(), hash("abcd3"), 1)
	if err != nil || len(found) != 1 || found[0].Parent != hash("abc2") || len(found[0].Parents) != 2 || !found[0].When.Equal(start.Add(3*time.Hour)) {
		t.Errorf("%+v, %v", found, err)
	}
	for hours, want := range map[float64]string{-1: "", 0: hash("abcd1"), 1.5: hash("abcd1"), 2: hash("abc2"), 3.9: hash("abcd3"), 100: hash("abcd4")} {
		at := start.Add(time.Duration(hours * float64(time.Hour)))
		if got, err := db.StateAt(t.Context(), hash("abcd4"), at); err != nil || got.Revision != want || !got.Since.Equal(got.Date) {
			t.Errorf("%v: %+v, %v, want %s", hours, got, err, want)
		}
	}
	if got, err := db.StateAt(t.Context(), hash("dead"), start); err != nil || got.Revision != "" {
		t.Errorf("an unknown tip: %+v, %v", got, err)
	}
	if _, err := db.StateAt(t.Context(), "no hash", start); err == nil {
		t.Error("no error for what is no hash")
	}
}

// TestStateAtWithFalseDates has a branch with commits whose dates are years off: when it had which follows from those around them, or from the journal.
func TestStateAtWithFalseDates(t *testing.T) {
	t.Parallel()
	const early, late = -200_000, 600_000 // hours
	for name, tc := range map[string]struct {
		line []string // "ours HOUR" or "pushed HOUR [CAME]", the oldest first
		want map[int]string
	}{
		"pushed with a late date, and we went on":    {[]string{"ours 0", "pushed 600000", "ours 10"}, map[int]string{-1: "", 5: "1", 10: "3 10", 20: "3 10"}},
		"pushed with a late date, seen when it came": {[]string{"ours 0", "pushed 600000 5", "ours 10"}, map[int]string{4: "1 0", 5: "2 5 came", 9: "2 5 came", 10: "3 10"}},
		"pushed with an early date":                  {[]string{"ours 0", "pushed -200000", "ours 10"}, map[int]string{early: "", -1: "", 0: "2 0", 9: "2 0", 10: "3 10"}},
		"with an early date, seen when it came":      {[]string{"ours 0", "pushed -200000 5", "ours 10"}, map[int]string{-1: "", 4: "1 0", 5: "2 5 came", 10: "3 10"}},
		"nobody saw any, one is late":                {[]string{"pushed 0", "pushed 600000", "pushed 2", "pushed 3", "pushed 4"}, map[int]string{1: "1 0", 2: "1 0", 3: "4 3", 9: "5 4", late: "5 4"}},
		"nobody saw any, one is early":               {[]string{"pushed 0", "pushed -200000", "pushed 2", "pushed 3", "pushed 4"}, map[int]string{-1: "", 1: "2 0", 2: "3 2", 4: "5 4"}},
		"the newest is late":                         {[]string{"ours 0", "pushed 600000"}, map[int]string{1: "1 0", late: "2 600000"}},
		"the newest but one is late":                 {[]string{"ours 0", "pushed 600000", "pushed 2"}, map[int]string{1: "1 0", 2: "3 2", 5: "3 2", late: "3 600000"}},
		"a clock of ours that went back":             {[]string{"ours 0", "ours 8", "ours 3", "ours 9"}, map[int]string{5: "1 0", 8: "3 8", 9: "4 9"}},
		"a clock of ours that was years ahead":       {[]string{"ours 0", "ours 600000", "ours 3", "ours 4"}, map[int]string{2: "1 0", 3: "3 3", 5: "4 4", late: "4 4"}},
		"was days ahead for some changes":            {[]string{"ours 0", "ours 72", "ours 73", "ours 3", "ours 4", "ours 5", "ours 80"}, map[int]string{2: "1 0", 3: "4 3", 4: "5 4", 75: "6 5", 80: "7 80"}},
		"was years ahead when somebody pushed":       {[]string{"ours 0", "pushed 1 600000", "ours 3"}, map[int]string{2: "1 0", 3: "3 3"}},
		"is ahead, for all that anybody knows":       {[]string{"ours 0", "ours 600000", "ours 600001"}, map[int]string{5: "1 0"}},
		"of a machine that twice began in 1970":      {[]string{"ours 0", "ours 1", "ours -200000", "ours -199999", "ours 3", "ours 4"}, map[int]string{-1: "", 0: "1 0", 2: "4 1", 3: "5 3"}},
	} {
		db := openNew(t)
		start := time.Date(2020, 11, 1, 10, 0, 0, 0, time.UTC)
		var step HistoryStep
		for i, text := range tc.line {
			f := strings.Fields(text)
			c := rules.PastCommit{Found: rules.Found{Revision: hash(i + 1)}, When: start.Add(time.Duration(hoursOf(t, f[1])) * time.Hour)}
			if i > 0 {
				c.Parents = []string{hash(i)}
			}
			if f[0] == "ours" {
				c.Trailers = []rules.Trailer{{Key: "Request-Id", Value: "r" + f[1]}}
			}
			if len(f) > 2 {
				r := rules.Request{ID: "git" + c.Revision[:23], Time: start.Add(time.Duration(hoursOf(t, f[2])) * time.Hour)}
				if _, err := db.Receive(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			step.Add, step.Tips = append(step.Add, IndexedCommit{Commit: c}), []string{c.Revision}
		}
		if err := errors.Join(db.ClearHistory(t.Context(), "f"), db.WriteHistory(t.Context(), step)); err != nil {
			t.Fatal(err)
		}
		for at, want := range tc.want {
			got, err := db.StateAt(t.Context(), step.Tips[0], start.Add(time.Duration(at)*time.Hour))
			text := strings.TrimLeft(got.Revision, "0")
			if len(strings.Fields(want)) > 1 {
				text += fmt.Sprintf(" %.0f", got.Since.Sub(start).Hours())
			}
			if got.Came {
				text += " came"
			}
			if err != nil || text != want {
				t.Errorf("%s: at %d it was at %q, %v, want %q", name, at, text, err, want)
			}
		}
	}
}

// TestHistoryGoesByWhenACommitCame asks a branch for what came within some time, as StateAt tells the branch as of both its ends, whatever the commits'
// dates say: also of what was merged, and of a merge that was made in somebody's clone, whose first parent is not what the branch was at.
func TestHistoryGoesByWhenACommitCame(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		commits []string // "NAME ours|pushed HOUR [came=HOUR] PARENT…", parents before children, the tip last
		want    map[string]string
		states  map[int]string
	}{
		"pushed with an early date": {
			[]string{"a ours 0", "b pushed -200000 came=5 a", "c ours 10 b"},
			map[string]string{"4 ": "c b", "0 5": "a", "5 6": "b", "6 ": "c", " 6": "b a", "-300000 -1": "", "11 ": ""},
			map[int]string{4: "a", 5: "b"},
		},
		"pushed with a late date": {
			[]string{"a ours 0", "b pushed 600000 came=5 a", "c ours 10 b", "d ours 11 c"},
			map[string]string{"4 6": "b", "6 ": "d c", "11 ": "d", " 5": "a", "12 ": "", "599999 ": ""},
			map[int]string{4: "a", 5: "b", 10: "c", 600001: "d"},
		},
		"made here with a late date": {
			[]string{"a ours 0", "b ours 600000 a", "c ours 10 b", "d ours 11 c"},
			map[string]string{"4 ": "d c b", "10 11": "c b", "11 ": "d", " 10": "a", "12 ": "", "599999 ": ""},
			map[int]string{4: "a", 10: "c", 11: "d"},
		},
		"merged late": {
			[]string{"a ours 0", "x pushed 1 a", "y pushed 2 x", "b ours 5 a", "c ours 8 b", "m pushed 10 came=10 c y", "d ours 12 m"},
			map[string]string{"9 ": "d m y x", "4 9": "c b", " 9": "c b a", "1 4": ""},
			map[int]string{3: "a", 9: "c", 11: "m"},
		},
		"merged in a clone, and pushed": {
			[]string{"a ours 0", "x pushed 1 came=10 a", "b ours 5 a", "c ours 8 b", "m pushed 9 came=10 x c", "d ours 12 m"},
			map[string]string{"9 ": "d m x", "4 9": "c b", " 9": "c b a", "1 4": ""},
			map[int]string{3: "a", 6: "b", 9: "c", 10: "m"},
		},
		"merged into what was merged, and before that into the branch": {
			[]string{"a ours 0", "x pushed 1 a", "m pushed 3 came=3 a x", "y pushed 2 x", "b ours 4 m", "n pushed 6 came=6 b y", "c ours 7 n"},
			map[string]string{"1 4": "m x", "5 ": "c n y", " 5": "b m x a"},
			map[int]string{2: "a", 3: "m", 6: "n"},
		},
	} {
		start := time.Date(2020, 11, 1, 10, 0, 0, 0, time.UTC)
		hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
		var all []IndexedCommit
		numbers, names := map[string]string{}, map[string]string{}
		var came []rules.Request
		for i, text := range tc.commits {
			f := strings.Fields(text)
			c := rules.PastCommit{Found: rules.Found{Revision: fmt.Sprintf("%02x%038d", i+1, 0)}, When: hour(hoursOf(t, f[2]))}
			numbers[f[0]], names[c.Revision] = c.Revision, f[0]
			if f[1] == "ours" {
				c.Trailers = []rules.Trailer{{Key: "Request-Id", Value: "r" + f[0]}}
			}
			for _, word := range f[3:] {
				if at, found := strings.CutPrefix(word, "came="); found {
					came = append(came, rules.Request{ID: "git" + c.Revision[:23], Time: hour(hoursOf(t, at))})
				} else {
					c.Parents = append(c.Parents, numbers[word])
				}
			}
			all = append(all, IndexedCommit{Commit: c, Versions: []rules.Version{{Commit: c, Kind: rules.RuleChanged, Ref: at("a/g/X")}}})
		}
		tip := all[len(all)-1].Commit.Revision
		grown, made := openNew(t), openNew(t)
		for _, db := range []*DB{grown, made} {
			if err := db.ClearHistory(t.Context(), "f"); err != nil {
				t.Fatal(err)
			}
			for _, r := range came {
				if _, err := db.Receive(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := made.WriteHistory(t.Context(), HistoryStep{Add: all, Tips: []string{tip}}); err != nil {
			t.Fatal(err)
		}
		var tips []string
		for _, c := range all { // as it comes when each is pushed, or the index is made in steps
			tips = slices.DeleteFunc(tips, func(tip string) bool { return slices.Contains(c.Commit.Parents, tip) })
			tips = append(tips, c.Commit.Revision)
			if err := grown.WriteHistory(t.Context(), HistoryStep{Add: []IndexedCommit{c}, Tips: tips}); err != nil {
				t.Fatal(err)
			}
		}
		for _, db := range []*DB{grown, made} {
			for span, want := range tc.want {
				var q rules.HistoryQuery
				from, until, _ := strings.Cut(span, " ")
				if from != "" {
					q.Since = hour(hoursOf(t, from))
				}
				if until != "" {
					q.Until = hour(hoursOf(t, until))
				}
				changes, err := db.Changes(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				var got, life []string
				for _, c := range changes {
					got = append(got, names[c.Commit.Revision])
				}
				ref := at("a/g/X")
				q.Rule = &ref
				versions, err := db.Versions(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range versions {
					life = append(life, names[v.Commit.Revision])
				}
				slices.Sort(got)
				slices.Sort(life)
				sorted := strings.Fields(want)
				slices.Sort(sorted)
				if !slices.Equal(got, sorted) || !slices.Equal(life, sorted) {
					t.Errorf("%s: of %q came %v, and in the rule's life %v, want %v", name, span, got, life, sorted)
				}
			}
			for at, want := range tc.states {
				if got, err := db.StateAt(t.Context(), tip, hour(at)); err != nil || names[got.Revision] != want {
					t.Errorf("%s: at %d it was at %q, %v, want %q", name, at, names[got.Revision], err, want)
				}
			}
			if flaw := changedRow(t, db); flaw != "" {
				t.Errorf("%s: %s is not as it was written", name, flaw)
			}
		}
	}
}

// changedRow returns a commit's row of the index whose sum is another one; "" for none.
func changedRow(t *testing.T, db *DB) (row string) {
	t.Helper()
	err := db.sql.QueryRowContext(t.Context(), historyCommits.changed()).Scan(&row)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	return row
}

func hoursOf(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestManyThatCameWithOneAreSettledInSteps merges a long line that was made elsewhere: no transaction has more of it than the journal is to wait for, and where
// one of them is cut, what is settled stays, and the rest follows.
func TestManyThatCameWithOneAreSettledInSteps(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	start := time.Date(2020, 11, 1, 10, 0, 0, 0, time.UTC)
	commit := func(n int, parents ...string) IndexedCommit {
		return IndexedCommit{Commit: rules.PastCommit{Found: rules.Found{Revision: hash(n)}, Parents: parents, When: start.Add(time.Duration(n) * time.Second)}}
	}
	const side = 3 * maxChunk
	main := commit(side + 1) // begins by itself, after the others
	step := HistoryStep{Add: []IndexedCommit{commit(1)}}
	for n := 2; n <= side; n++ {
		step.Add = append(step.Add, commit(n, hash(n-1)))
	}
	step.Add, step.Tips = append(step.Add, main), []string{hash(side), hash(side + 1)}
	if err := errors.Join(db.ClearHistory(t.Context(), "f"), db.WriteHistory(t.Context(), step)); err != nil {
		t.Fatal(err)
	}
	settled := func() (n int) {
		if err := db.sql.QueryRowContext(t.Context(), "SELECT count(*) FROM history_commits WHERE line > 0").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	run := func(statement string) {
		if _, err := db.sql.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	run(fmt.Sprintf("CREATE TRIGGER cut BEFORE UPDATE ON history_commits WHEN (SELECT count(*) FROM history_commits WHERE line > 0) >= %d BEGIN SELECT RAISE(ABORT, 'cut'); END", 2*maxChunk))
	tip := hash(side + 2)
	merge := HistoryStep{Add: []IndexedCommit{commit(side+2, main.Commit.Revision, hash(side))}, Tips: []string{tip}}
	if err := db.WriteHistory(t.Context(), merge); err == nil {
		t.Error("it was not cut")
	}
	if n := settled(); n < maxChunk || n >= 2*maxChunk {
		t.Errorf("%d are settled after the cut", n)
	}
	if tips, err := db.HistoryTips(t.Context(), "f"); err != nil || slices.Equal(tips, []string{tip}) {
		t.Errorf("the index says to be complete: %v, %v", tips, err)
	}
	run("DROP TRIGGER cut")
	if err := db.WriteHistory(t.Context(), HistoryStep{Tips: []string{tip}}); err != nil {
		t.Fatal(err)
	}
	if n := settled(); n != side+2 {
		t.Errorf("%d are settled in the end", n)
	}
	if tips, err := db.HistoryTips(t.Context(), "f"); err != nil || !slices.Equal(tips, []string{tip}) {
		t.Errorf("the index does not say to be complete: %v, %v", tips, err)
	}
	if state, err := db.StateAt(t.Context(), tip, start.Add((side+1)*time.Second)); err != nil || state.Revision != main.Commit.Revision {
		t.Errorf("before the merge it was at %+v, %v", state, err)
	}
	if flaw := changedRow(t, db); flaw != "" {
		t.Errorf("%s is not as it was written", flaw)
	}
}
