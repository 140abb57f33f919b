package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestForgedAnchors pushes commits that say to be the service's own and to know another journal: the journal is not taken for forged. With a key that signs
// commits they are nothing at all, and what the service signed proves that entries were removed which the journal does not know any more.
func TestForgedAnchors(t *testing.T) {
	t.Parallel()
	for name, signs := range map[string]bool{"without a key": false, "with a key that signs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
			verify := []string{"journal", "verify"}
			if signs {
				if err := newJournalKey(filepath.Join(s.dir, "signing.key")); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(s.dir, "alertsmith.yml"), []byte("git: {signing_key_file: signing.key}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				verify = append(verify, "--config.file=alertsmith.yml")
				s.args = append(s.args, "--config.file=alertsmith.yml")
			}
			said := func(when string, wants ...string) {
				t.Helper()
				cmd := exec.Command("alertsmith", verify...)
				cmd.Dir = s.dir
				output, err := cmd.CombinedOutput()
				for _, want := range wants {
					if got := fmt.Sprint(string(output), err); !strings.Contains(got, want) {
						t.Errorf("%s: %q, want %q", when, got, want)
					}
				}
			}
			s.start()
			s.must("add one expr='up == 0' severity=critical")
			s.must("add two expr='up == 0' severity=critical for=5m")
			s.stop()
			said("sound", "is as it was written", "2 commits know it")

			journal, index := filepath.Join(s.dir, "data", journalName), filepath.Join(s.dir, "data", "journal-search.db")
			trailer := func(key string) string {
				return strings.TrimSpace(s.git("log", "-1", "--format=%(trailers:key="+key+",valueonly)", "main"))
			}
			id, request := strings.Fields(trailer("Journal"))[2], trailer("Request-Id")
			for i, trailers := range []string{
				"Journal: 3 00 " + id, "Journal: 99999 00 " + id + "\nRequest-Id: " + strings.Repeat("x", 26), "Journal: 3 00 " + id + "\nRequest-Id: " + request,
			} {
				commit := strings.TrimSpace(s.git("-c", "user.name=Alertsmith", "-c", "user.email="+committer.Email,
					"commit-tree", "main^{tree}", "-p", "main", "-m", fmt.Sprint("forged ", i), "-m", trailers))
				s.git("update-ref", "refs/heads/main", commit)
			}
			if signs {
				said("forged", "is as it was written", "2 commits know it")
			} else {
				said("forged", "3 commits that this journal does not know contradict it: the commit ", "claims that it knows the event 3,", "exit status 1")
			}
			s.start()
			looked := map[bool]string{true: "The journal is as it was written", false: "AS2303"}[signs]
			await(t, "the service has looked", func() bool { return strings.Contains(s.printed(), looked) })
			s.stop()
			if strings.Contains(s.printed(), "AS2302") {
				t.Error("the service takes its journal for forged")
			}

			cut(t, journal)
			if err := os.Remove(index); err != nil {
				t.Fatal(err)
			}
			if !signs {
				said("cut", "that this journal does not know contradict it: the commit ", "and the journal ends before it: its newest entries were removed", "exit status 1")
			} else {
				said("cut", "not as it was written: the commit ", "and the journal ends before it: its newest entries were removed")
			}
		})
	}
}

// cut removes all but the first entry of a journal, triggers off.
func cut(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var off, on []string
	for _, name := range []string{"events_stay", "events_kept", "commands_kept"} {
		var statement string
		if err := db.QueryRowContext(t.Context(), "SELECT sql FROM sqlite_schema WHERE name = ?", name).Scan(&statement); err != nil {
			t.Fatal(name, err)
		}
		off, on = append(off, "DROP TRIGGER "+name), append(on, statement)
	}
	damage(t, path, slices.Concat(off, []string{"DELETE FROM events WHERE n > 2", "DELETE FROM commands WHERE seq > 1"}, on)...)
}
