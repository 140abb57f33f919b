package journal

import (
	"errors"
	"fmt"
	"path/filepath"
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
	start := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
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
		"a clock of ours that went back":             {[]string{"ours 0", "ours 8", "ours 3", "ours 9"}, map[int]string{5: "1 0", 8: "3 8", 9: "4 9"}},
	} {
		db := openNew(t)
		start := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
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

func hoursOf(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
