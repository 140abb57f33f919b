package main

import (
	"database/sql"
	"fmt"
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
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "data", journalName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE history_commits SET body = replace(body, '山', '川')"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	said("a row of the table history_commits (position ", journal("verify"))
	said("no entry; run `alertsmith journal reindex` first", journal("prune", "--before=2020-01-01"))
	said("The index of the rules' history is empty.", journal("reindex"))
	said("0 entries were pruned", journal("prune", "--before=2020-01-01"))
	life()
}
