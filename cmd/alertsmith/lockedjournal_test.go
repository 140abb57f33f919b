package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestJournalThatCannotBeWritten takes the journal from the real service, by somebody else's lock and by moving its file away: commands are refused
// before anything is changed, and taken again when it is back.
func TestJournalThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, take := range map[string]func(t *testing.T, path string) (giveBack func()){
		"locked": func(t *testing.T, path string) func() {
			db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return func() {
				_ = tx.Rollback() // it is over either way
				db.Close()
			}
		},
		"moved away": func(t *testing.T, path string) func() {
			rename := func(from, to string) {
				if err := os.Rename(from, to); err != nil {
					t.Error(err)
				}
			}
			rename(path, path+".away")
			return func() { rename(path+".away", path) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withoutJournal(t, take)
		})
	}
}

// withoutJournal gives a command to a real service whose journal was taken from it, and others before and after.
func withoutJournal(t *testing.T, take func(t *testing.T, path string) (giveBack func())) {
	t.Helper()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	s.must("add first expr='up == 0'")
	giveBack := take(t, filepath.Join(s.dir, "data", journalName))
	a, err := s.command("add second expr='up == 0'")
	if err != nil || a.result != rules.Failed || !strings.Contains(a.text, "Not accepted: the journal cannot be written") {
		t.Errorf("without the journal: %+v, %v", a, err)
	}
	await(t, "it says that it is not ready", func() bool { return strings.Contains(s.get("/-/ready"), "journal cannot be written") })
	giveBack()
	s.must("add third expr='up == 0'")
	s.stop()
	if got := s.subjects(); !slices.Equal(got, []string{"add third", "add first"}) {
		t.Errorf("commits %q", got)
	}
	if given := s.assertJournal(); len(given) != 2 {
		t.Errorf("the journal has %v", given)
	}
}
