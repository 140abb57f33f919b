package main

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// TestIndexThatLostRowsIsMadeAnew takes rows and tables out of the index, at its rest and while the service runs: it is made anew by itself.
func TestIndexThatLostRowsIsMadeAnew(t *testing.T) {
	t.Parallel()
	i := importRandom(t, 9, 60)
	path := filepath.Join(t.TempDir(), journalName)
	log := &bytes.Buffer{}
	var db *journal.DB
	start := func() *historyIndex {
		t.Helper()
		var err error
		if db, err = journal.Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		return newHistoryIndex(i.book, db, indexedRulers, believed, slog.New(slog.NewTextHandler(log, nil)))
	}
	stop := func() {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	want := indexed(t, start())
	stop()
	if diff := cmp.Diff(want, indexed(t, start())); diff != "" || log.Len() > 0 {
		t.Errorf("a sound index (-want +got):\n%s\n%s", diff, log)
	}
	stop()
	for _, tamper := range [][]string{
		{"DELETE FROM history_versions WHERE rule = 1"},
		{"DELETE FROM history_commits WHERE position = (SELECT max(position) FROM history_commits)"},
		{"DELETE FROM history", "DELETE FROM history_commits", "DELETE FROM history_rules", "DELETE FROM history_versions"},
		{"DROP TABLE history_versions"},
		{"DROP TABLE history"},
	} {
		log.Reset()
		damage(t, path, tamper...)
		if diff := cmp.Diff(want, indexed(t, start())); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tamper, diff)
		}
		if !strings.Contains(log.String(), "AS2203") {
			t.Errorf("%s: the log says %q", tamper, log)
		}
		stop()
	}

	x := start()
	indexed(t, x)
	damage(t, path, "DROP TABLE history")
	if _, err := x.round(t.Context()); rules.KindOf(err) != rules.Unavailable {
		t.Errorf("without its table: %v", err)
	}
	x.proved = false // as Run has it after a round that failed
	if diff := cmp.Diff(want, indexed(t, x)); diff != "" {
		t.Errorf("dropped while it was read (-want +got):\n%s", diff)
	}
	stop()
}
