package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestHistoryMissesWhatIsLost takes rows and tables out of an index past the journal: it is missed by who opens the index and by Verify, and the index
// can be made anew as it is.
func TestHistoryMissesWhatIsLost(t *testing.T) {
	t.Parallel()
	closed := closedHistory(t)
	content, err := os.ReadFile(closed)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		tamper []string
		want   string
		opened string // what is missed once the journal was opened; "" for the same
	}{
		"a version":         {[]string{"DELETE FROM history_versions WHERE (position, n) IN (SELECT position, n FROM history_versions LIMIT 1)"}, "history_versions has 300 rows, and 301 were written", ""},
		"the newest commit": {[]string{"DELETE FROM history_commits WHERE position = (SELECT max(position) FROM history_commits)"}, "history_commits has 150 rows, and 151 were written", ""},
		"a rule":            {[]string{"DELETE FROM history_rules WHERE id = 1"}, "history_rules has 300 rows, and 301 were written", ""},
		"all rows":          {[]string{"DELETE FROM history", "DELETE FROM history_commits", "DELETE FROM history_rules", "DELETE FROM history_versions"}, "the only row of the table history is missing", ""},
		"all but the head":  {[]string{"DELETE FROM history_commits", "DELETE FROM history_rules", "DELETE FROM history_versions"}, "history_commits has 0 rows", ""},
		"the head":          {[]string{"DELETE FROM history"}, "the only row of the table history is missing", ""},
		"a table":           {[]string{"DROP TABLE history_versions"}, "the table history_versions is missing", "history_versions has 0 rows, and 301 were written"},
		"the head's table":  {[]string{"DROP TABLE history"}, "the table history is missing", "history_commits has 151 rows, and 0 were written"},
		"the head's counts": {untyped("UPDATE history SET commits = 'many'"), "the only row of the table history is missing, or is not", ""},
		"what the head is":  {[]string{"UPDATE history SET fingerprint = 'tent'"}, "the only row of the table history is missing, or is not", ""},
		"a column":          {[]string{"ALTER TABLE history_commits DROP COLUMN body"}, "the table history_commits is missing, or has other columns", "history_commits has 0 rows, and 151 were written"},
		"a column's name":   {[]string{"ALTER TABLE history_versions RENAME COLUMN came_from TO origin"}, "the table history_versions is missing, or has other columns", "history_versions has 0 rows"},
		"the head's column": {[]string{"ALTER TABLE history RENAME COLUMN commits TO commit_count"}, "the table history is missing, or has other columns", "history_commits has 151 rows, and 0 were written"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal.db")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, flaw := verifyAt(t, path); flaw != nil {
				t.Fatalf("before: %+v", flaw)
			}
			damagePast(t, path, tc.tamper...)
			if _, flaw := verifyAt(t, path); flaw == nil || !strings.Contains(flaw.Text, tc.want) || !strings.Contains(flaw.Text, "journal reindex") || !flaw.Derived {
				t.Errorf("Verify says %+v, want %q", flaw, tc.want)
			}
			db, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			want := tc.want
			if tc.opened != "" {
				want = tc.opened
			}
			if loss, err := db.HistoryLoss(t.Context()); err != nil || !strings.Contains(loss, want) {
				t.Errorf("lost is %q, %v, want %q", loss, err, want)
			}
			for range 2 {
				writeHistory(t, db, line("added a/g/X", "changed a/g/X"))
				if loss, err := db.HistoryLoss(t.Context()); err != nil || loss != "" {
					t.Errorf("made anew, lost is %q, %v", loss, err)
				}
				if got := subjects(t, db, rules.HistoryQuery{}); got != "2 1" {
					t.Errorf("made anew, there are %q", got)
				}
				damagePast(t, path, tc.tamper...) // now while it is open
				if loss, err := db.HistoryLoss(t.Context()); err != nil || loss == "" {
					t.Errorf("lost again is %q, %v", loss, err)
				}
			}
			writeHistory(t, db, line("added a/g/X", "changed a/g/X"))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, flaw := verifyAt(t, path); flaw != nil {
				t.Errorf("made anew: %+v", flaw)
			}
			damagePast(t, path, tc.tamper...)
			mend(t, path)
		})
	}
}

// untyped returns statements that run one as if the table history took values of every type.
func untyped(statement string) []string {
	return []string{
		"PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(sql, 'STRICT', '/**/') WHERE name = 'history'", "PRAGMA writable_schema = RESET", statement,
		"PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(sql, '/**/', 'STRICT') WHERE name = 'history'", "PRAGMA writable_schema = RESET",
	}
}

// TestClearHistoryWithIndexesOfOtherRows holds that an index is made anew of which SQLite counts rows that are not there, or misses some that are.
func TestClearHistoryWithIndexesOfOtherRows(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		unseen string // what is done past SQLite's indexes
		counts string // what SQLite counts then
		stored string // how many rows there are
	}{
		"rows that are gone":  {"DELETE FROM history_commits WHERE position > 0", "151", "0"},
		"rows that came late": {"INSERT INTO history_commits SELECT position + 1, CAST(revision || 'x' AS BLOB), parents, time, author_name, author_email, author_id, who, who_id, action, request_id, subject, body, trailers, undoes, did, line, sum FROM history_commits", "151", "302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := closedHistory(t)
			const indexes = " WHERE type = 'index' AND tbl_name = 'history_commits' AND sql IS NOT NULL"
			damagePast(t, path,
				"PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = iif(sql LIKE '% WHERE %', sql || ' AND 7 = 8', sql || ' WHERE 7 = 8')"+indexes, "PRAGMA writable_schema = RESET",
				tc.unseen,
				"PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(replace(sql, ' AND 7 = 8', ''), ' WHERE 7 = 8', '')"+indexes, "PRAGMA writable_schema = RESET",
			)
			for query, want := range map[string]string{
				"SELECT count(*) FROM history_commits":                             tc.counts,
				"SELECT count(*) FROM history_commits NOT INDEXED WHERE body <> 7": tc.stored,
			} {
				if got := columnOf[string](t, path, query); !slices.Equal(got, []string{want}) {
					t.Fatalf("%s: %q, want %s", query, got, want)
				}
			}
			db, err := Open(t.Context(), path)
			if err != nil {
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
		})
	}
}

// TestCountsFollowEveryStep holds that no step of an index is taken for a loss: not the one that a crash ends after writing ahead, and no removal.
func TestCountsFollowEveryStep(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	whole := func(when string) {
		t.Helper()
		if loss, err := db.HistoryLoss(t.Context()); err != nil || loss != "" {
			t.Errorf("%s: %q, %v", when, loss, err)
		}
	}
	whole("a new journal")
	all := line("added a/g/X", "changed a/g/X", strings.TrimSuffix(strings.Repeat("changed a/g/X, ", 3*maxChunk), ", "))
	writeHistory(t, db, all[:2])
	whole("two commits")
	ahead, err := countVersions(all[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := db.writeAhead(t.Context(), &ahead); err != nil {
		t.Fatal(err)
	}
	whole("written ahead")
	writeHistory(t, db, all)
	whole("made anew")
	if err := db.WriteHistory(t.Context(), HistoryStep{Add: slices.Clone(all[2:]), Tips: []string{hash(3)}}); err != nil {
		t.Fatal(err)
	}
	whole("what is there already")
	if err := db.WriteHistory(t.Context(), HistoryStep{Remove: []string{hash(3)}, Tips: []string{hash(2)}}); err != nil {
		t.Fatal(err)
	}
	whole("a commit removed")
	ahead.Versions = all[2].Versions
	if err := db.writeAhead(t.Context(), &ahead); err != nil {
		t.Fatal(err)
	}
	if err := db.WriteHistory(t.Context(), HistoryStep{Add: slices.Clone(all[2:]), Tips: []string{hash(3)}}); err != nil {
		t.Fatal(err)
	}
	whole("completed after a crash")
	if got := len(strings.Fields(subjects(t, db, rules.HistoryQuery{Limit: 10_000}))); got != 2+3*maxChunk {
		t.Errorf("there are %d versions", got)
	}
	if err := db.ForgetHistory(t.Context()); err != nil {
		t.Fatal(err)
	}
	whole("forgotten")
}

// damagePast runs statements past the journal, also such as change no row.
func damagePast(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := connect(path, busyTimeout)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
