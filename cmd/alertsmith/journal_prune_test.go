package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// TestPrunedStump holds that a stump is signed with the configured key, or an own one, that ssh-keygen and `verify` accept it, and that a forged one is
// neither accepted nor pruned over.
func TestPrunedStump(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skipf("THE SIGNATURE OF STUMPS IS NOT TESTED: %v (Debian: openssh-client)", err)
	}
	for name, configured := range map[string]bool{"the configured key": true, "an own key": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			run := func(input, program string, args ...string) string {
				t.Helper()
				cmd := exec.Command(program, args...)
				cmd.Dir, cmd.Stdin = dir, strings.NewReader(input)
				output, err := cmd.CombinedOutput()
				return fmt.Sprint(string(output), err)
			}
			said := func(want string, args ...string) {
				t.Helper()
				if got := run("", "alertsmith", append([]string{"journal"}, args...)...); !strings.Contains(got, want) {
					t.Errorf("%q said %s, want %q", args, got, want)
				}
			}
			key, config := filepath.Join(dir, "data", journalKeyName), []string{}
			if configured {
				key, config = filepath.Join(dir, "signing.key"), []string{"--config.file=alertsmith.yml"}
				if said := run("", "ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", key); said != "<nil>" {
					t.Fatal(said)
				}
				if err := os.WriteFile(filepath.Join(dir, "alertsmith.yml"), []byte("git: {signing_key_file: signing.key, branch: rules}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			db, err := journal.Open(t.Context(), filepath.Join(dir, "data", journalName))
			if err != nil {
				t.Fatal(err)
			}
			var records []rules.Record
			for i := range 10 {
				at := time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)
				records = append(records, rules.Record{Request: rules.Request{ID: fmt.Sprint("r", i), Time: at, Command: "list"}, Action: "list", Done: at, Outcome: rules.Outcome{Result: rules.Success}})
			}
			if _, err := db.Add(t.Context(), records); err != nil {
				t.Fatal(err)
			}
			db.Close()
			said("4 entries were pruned", append([]string{"prune", "--before=2025-01-05T00:00:00Z"}, config...)...)
			said("4 entries before a signed stump. This took", append([]string{"verify"}, config...)...)
			public := run("", "ssh-keygen", "-y", "-f", key)
			if err := os.WriteFile(filepath.Join(dir, "allowed"), []byte("ops "+public[:strings.IndexByte(public, '\n')]+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			stump, err := os.ReadFile(filepath.Join(dir, "data", stumpName))
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"-Y", "verify", "-f", "allowed", "-I", "ops", "-n", stumpNamespace, "-s", filepath.Join("data", stumpName+stumpSignature)}
			if said := run(string(stump), "ssh-keygen", args...); !strings.HasPrefix(said, "Good ") {
				t.Errorf("ssh-keygen says %s", said)
			}
			if said := run(string(stump)+"x", "ssh-keygen", args...); strings.HasPrefix(said, "Good ") {
				t.Errorf("ssh-keygen takes another stump: %s", said)
			}
			for _, name := range []string{stumpName, stumpName + stumpSignature} {
				path := filepath.Join(dir, "data", name)
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				for _, flipped := range [][]byte{append(slices.Clone(content[:9]), content[10:]...), append(slices.Clone(content), '\n'), {}} {
					if err := os.WriteFile(path, flipped, 0o600); err != nil {
						t.Fatal(err)
					}
					said(name+" is not what was signed", append([]string{"verify"}, config...)...)
				}
				said("history is empty", append([]string{"reindex"}, config...)...)
				if again, err := os.ReadFile(path); err != nil || !bytes.Equal(again, content) {
					t.Errorf("%s is not written anew: %s, %v", name, again, err)
				}
			}
			said("4 entries before a signed stump. This took", append([]string{"verify"}, config...)...)
			if err := os.Rename(key, key+".away"); err != nil {
				t.Fatal(err)
			}
			if configured {
				said("the keys that may have signed commits cannot be read: the signing key ", append([]string{"verify"}, config...)...)
				if said := run("", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key); said != "<nil>" {
					t.Fatal(said)
				}
				said("4 entries before a signed stump. This took", append([]string{"verify"}, config...)...)
				said("2 entries were pruned", append([]string{"prune", "--before=2025-01-07T00:00:00Z"}, config...)...)
			}
			said("before a signed stump. This took", "verify") // the old key is noted, wherever it is
			if err := os.Remove(filepath.Join(dir, "data", notedKeysName)); err != nil {
				t.Fatal(err)
			}
			if !configured { // nobody's word counts
				said("the stump that pruning left is not signed by this service", "verify")
				said("the stump that pruning left is not signed by this service", "prune", "--before=2025-01-07T00:00:00Z")
				return
			}
			said("the stump that pruning left is not signed by this service", "verify", "--config.file=")
		})
	}
}

// TestAFailedPruneLeavesNoStump lets the database refuse after the stump was signed.
func TestAFailedPruneLeavesNoStump(t *testing.T) {
	t.Parallel()
	storage := t.TempDir()
	path := filepath.Join(storage, journalName)
	db, err := journal.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var records []rules.Record
	for i := range 3 {
		at := time.Date(2025, 1, 1+i, 0, 0, 0, 0, time.UTC)
		records = append(records, rules.Record{Request: rules.Request{ID: fmt.Sprint("r", i), Time: at, Command: "list"}, Action: "list", Done: at, Outcome: rules.Outcome{Result: rules.Success}})
	}
	if _, err := db.Add(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	beside, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	key, err := journalKey(storage, gitConfig{})
	if err != nil {
		t.Fatal(err)
	}
	stumps := func() (found []string) {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(storage, stumpName+"*"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	for _, step := range []struct {
		statement string
		pruned    int64
		stumps    int
	}{
		{"CREATE TRIGGER refused BEFORE UPDATE ON chain BEGIN SELECT RAISE(ABORT, 'refused'); END", 0, 0},
		{"DROP TRIGGER refused", 2, 2},
	} {
		if _, err := beside.ExecContext(t.Context(), step.statement); err != nil {
			t.Fatal(err)
		}
		pruned, err := pruneSigned(t.Context(), db, storage, key, time.Date(2025, 1, 3, 0, 0, 0, 0, time.UTC))
		if (err == nil) != (step.pruned > 0) || err == nil && pruned.Entries != step.pruned || len(stumps()) != step.stumps {
			t.Errorf("after %s: %+v, %v; the files %v", step.statement, pruned, err, stumps())
		}
	}
}
