package journal

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// closedHistory returns the path of a journal with a history that nobody has open.
func closedHistory(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	history := []string{"added a/g/R0"}
	for n := range 150 {
		history = append(history, fmt.Sprintf("added a/g/R%d, moved b/g/R%d a/g/R%d", n+1, n, n))
	}
	all := line(history...)
	for i := range all {
		c := &all[i].Commit
		c.Author.Email, c.Body = "person@example.org", strings.Repeat("why it was done\x00\n", i%20)
	}
	all[70].Commit.Body = strings.Repeat("pages that overflow\n", 2000)
	writeHistory(t, db, all)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestVerifyNamesTheRowOfAnIndex holds that a column that no index of SQLite repeats counts as well, and that the index can be emptied and made anew then.
func TestVerifyNamesTheRowOfAnIndex(t *testing.T) {
	t.Parallel()
	for tamper, want := range map[string]string{
		"UPDATE history SET tips = upper(tips) || 'x'":                                                                      "the only row of the table history is missing, or is not",
		"UPDATE history_commits SET body = body || char(0) WHERE revision = x'" + hash(7) + "'":                             "history_commits (position 1006",
		"UPDATE history_commits SET trailers = replace(trailers, 'act', 'aft') WHERE time = 1009":                           "history_commits (position 1009",
		"UPDATE history_commits SET who = 'carol' WHERE time = 1010":                                                        "history_commits (position 1010",
		"UPDATE history_rules SET name = 'Other' WHERE id = 9":                                                              "history_rules (id 9)",
		"UPDATE history_versions SET kind = 'changed' WHERE position / 1000000 = 1011 AND n = 1":                            "n 1) is not as it was written",
		"UPDATE history_versions SET came_from = came_from + 1 WHERE rule = 9 AND position / 1000000 > 0 AND came_from > 0": "history_versions (position",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			path := closedHistory(t)
			if _, flaw := verifyAt(t, path); flaw != nil {
				t.Fatalf("before: %+v", flaw)
			}
			alter(t, path, tamper)
			if _, flaw := verifyAt(t, path); flaw == nil || !strings.Contains(flaw.Text, want) || !strings.Contains(flaw.Text, "journal reindex") {
				t.Errorf("%s: %+v", tamper, flaw)
			}
			mend(t, path)
		})
	}
}

// TestHistoryWithoutSumsIsMadeAnew opens a journal of the version before the sums.
func TestHistoryWithoutSumsIsMadeAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	old, err := connect(path, busyTimeout)
	if err != nil {
		t.Fatal(err)
	}
	for i, migration := range migrations[:4] {
		if err := step(t.Context(), old, migration, i+1); err != nil {
			t.Fatal(err)
		}
	}
	for _, statement := range []string{
		"UPDATE history SET fingerprint = 'test', tips = '" + hash(1) + "'",
		"INSERT INTO history_commits VALUES (1, x'" + hash(1) + "', x'', 1, 'Aiko', '', '', 'aiko', '', 'add', '', 's', '', '[]')",
	} {
		if _, err := old.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	tips, err := db.HistoryTips(t.Context(), "test")
	commits, errCommits := db.Commits(t.Context(), "", 10)
	if len(tips) > 0 || len(commits) > 0 || err != nil || errCommits != nil {
		t.Errorf("tips %v, %v; commits %v, %v", tips, err, commits, errCommits)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, flaw := verifyAt(t, path); flaw != nil {
		t.Errorf("%+v", flaw)
	}
}

// alter runs statements past the journal.
func alter(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if result, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		} else if n, err := result.RowsAffected(); err != nil || n == 0 {
			t.Fatalf("%s changed nothing: %v", statement, err)
		}
	}
}

// mend empties the index, writes another one and verifies that.
func mend(t *testing.T, path string) {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.ForgetHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	writeHistory(t, db, line("added a/g/X", "changed a/g/X"))
	if got := subjects(t, db, rules.HistoryQuery{}); got != "2 1" {
		t.Errorf("made anew, there are %q", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, flaw := verifyAt(t, path); flaw != nil {
		t.Errorf("made anew: %+v", flaw)
	}
}

// historyPages returns the numbers of the pages that the history's tables and their indexes have.
func historyPages(t *testing.T, path string) []int {
	t.Helper()
	return columnOf[int](t, path, "SELECT pageno FROM dbstat WHERE name = 'history' OR name LIKE '%history!_%' ESCAPE '!'")
}

// TestEveryByteOfTheHistoryCounts flips bytes at random in the pages of the history: each time Verify finds a flaw, or the byte says nothing: all rows
// read as before. With JOURNAL_FLIPS=all there are many more.
func TestEveryByteOfTheHistoryCounts(t *testing.T) {
	t.Parallel()
	path := closedHistory(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dump(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	pages := historyPages(t, path)
	if len(pages) < 30 {
		t.Fatalf("the history has %d pages only", len(pages))
	}
	all, chance := flips(400), flipper(t)
	flaws, rows, silent := 0, 0, 0
	work := filepath.Join(t.TempDir(), "flipped.db")
	for range all {
		at := (pages[chance.IntN(len(pages))]-1)*4096 + chance.IntN(4096)
		flipped := append([]byte(nil), content...)
		flipped[at] ^= 1 << chance.IntN(8)
		if err := os.WriteFile(work, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, flaw := verifyAt(t, work); flaw != nil {
			if flaws++; strings.Contains(flaw.Text, "a row of the table history") {
				if rows++; rows <= 10 {
					mend(t, work)
				}
			}
		} else if got, err := dump(t.Context(), work); err != nil || got != want {
			t.Errorf("the byte %d (page %d) was flipped unseen, to %#x: %v", at, at/4096+1, flipped[at], err)
		} else {
			silent++
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(work + suffix)
		}
	}
	t.Logf("%d flips in %d pages: %d found, %d of them with their row, %d say nothing", all, len(pages), flaws, rows, silent)
	if rows < all/4 {
		t.Errorf("only %d of %d flips were found with their row", rows, all)
	}
}
