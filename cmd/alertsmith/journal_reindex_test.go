package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReindex damages the index of the history: verify names the row, reindex empties the index, and the service makes it anew.
func TestReindex(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir(), "--loki.url=http://127.0.0.1:1", "--loki.rules-dir="+filepath.Join(t.TempDir(), "fake"))
	journal := func(command ...string) string {
		t.Helper()
		cmd := exec.Command("alertsmith", append([]string{"journal"}, command...)...)
		cmd.Dir = s.dir
		output, err := cmd.CombinedOutput()
		return fmt.Sprint(string(output), err)
	}
	said := func(want, got string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%q was said, want %q", got, want)
		}
	}
	life := func() {
		t.Helper()
		s.start()
		await(t, "the history is there", func() bool {
			a, err := s.command("history disk")
			return err == nil && strings.Contains(a.text, "because of 山")
		})
		said("is in use by process", journal("reindex"))
		s.stop()
		said("is as it was written", journal("verify"))
	}
	s.start()
	s.must("add disk expr='up == 0' severity=critical reason='because of 山'")
	s.stop()
	life()
	damage(t, filepath.Join(s.dir, "data", journalName), "UPDATE history_commits SET body = replace(body, '山', '川')")
	said("a row of the table history_commits (position ", journal("verify"))
	said("what is beside them; run `alertsmith journal reindex` first", journal("prune", "--before=2020-01-01"))
	said("The index of the rules' history is empty.", journal("reindex"))
	said("0 entries were pruned", journal("prune", "--before=2020-01-01"))
	life()

	// What sinks are still to be told, of which one byte is another.
	damage(t, filepath.Join(s.dir, "data", journalName), "DROP TRIGGER telling_changed", "UPDATE telling SET behind = 77")
	said("a row of the table telling (its only row) is not as it was written", journal("verify"))
	said("1 rows of what sinks were still to be told were damaged", journal("reindex"))
	damage(t, filepath.Join(s.dir, "data", journalName), "CREATE TRIGGER telling_changed AFTER UPDATE OF behind ON telling BEGIN UPDATE telling SET sum = journal_sum(NEW.behind) WHERE true; END")
	life()

	// The index that searching uses: every page of tokens. From 2^53 on FTS5 keeps pages of entries that were indexed again, which are there only where
	// one was indexed while its command was at work, and in which two bytes may mean nothing.
	index := filepath.Join(s.dir, "data", "journal-search.db")
	damage(t, index, "UPDATE entries_data SET block = substr(block, 1, 40) || x'7f7f' || substr(block, 43) WHERE id > 10 AND id < 1 << 53")
	said("the index that searching uses, journal-search.db, is damaged", journal("verify"))
	said("is as it was written", journal("verify", "--no-search-index"))
	if err := os.Remove(index); err != nil {
		t.Fatal(err)
	}
	said("whether entries were removed that came in behind the last commit cannot be told", journal("verify"))
	life()
}

// damage runs statements in a database past the program.
func damage(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}
