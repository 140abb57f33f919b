package journal

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// A line of four commits, of which the third merges one that was made before the second and came later.
func TestCommitsAndRevisionAt(t *testing.T) {
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
		if got, err := db.RevisionAt(t.Context(), hash("abcd4"), at); err != nil || got != want {
			t.Errorf("%v: %s, %v, want %s", hours, got, err, want)
		}
	}
	if got, err := db.RevisionAt(t.Context(), hash("dead"), start); err != nil || got != "" {
		t.Errorf("an unknown tip: %q, %v", got, err)
	}
	if _, err := db.RevisionAt(t.Context(), "no hash", start); err == nil {
		t.Error("no error for what is no hash")
	}
}
