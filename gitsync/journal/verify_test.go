package journal

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

func noStump([]byte, string, string) error { return errors.New("nothing is signed here") }

// closedJournal returns the path of a journal with so many entries that nobody has open.
func closedJournal(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, path, n)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// verifyAt verifies the journal at a path; an error to open it is a flaw as well.
func verifyAt(t *testing.T, path string, anchors ...Anchor) (Verified, *Flaw) {
	t.Helper()
	s, err := OpenSearch(t.Context(), path)
	if err != nil {
		return Verified{}, &Flaw{Text: err.Error()}
	}
	defer s.Close()
	v, flaw, err := s.Verify(t.Context(), anchors, noStump)
	if err != nil {
		t.Fatal(err)
	}
	return v, flaw
}

func TestVerifySound(t *testing.T) {
	t.Parallel()
	path := closedJournal(t, 300)
	s, err := OpenSearch(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Anchor(t.Context())
	s.Close()
	if err != nil {
		t.Fatal(err)
	}
	anchor, ok := AnchorOf("abc", []rules.Trailer{{Key: "Journal", Value: text}})
	if !ok {
		t.Fatal(text)
	}
	other := anchor
	other.Journal = "another"
	v, flaw := verifyAt(t, path, anchor, other)
	if flaw != nil || v.Entries != 300 || v.Events < 500 || v.Anchors != 1 || v.Others != 1 || v.HeadHash != anchor.Hash {
		t.Errorf("%+v, %+v", v, flaw)
	}
	anchor.Signed = true
	anchor.Event++
	if _, flaw := verifyAt(t, path, anchor); flaw == nil || !strings.Contains(flaw.Text, "newest entries were removed") {
		t.Errorf("an anchor behind the end: %+v", flaw)
	}
	anchor.Event -= 10
	if _, flaw := verifyAt(t, path, anchor); flaw == nil || flaw.Event != anchor.Event || !strings.Contains(flaw.Text, "written anew") {
		t.Errorf("an anchor with another hash: %+v", flaw)
	}
}

// TestVerifyNamesWhatWasDone tampers with the database as somebody who knows SQL does, triggers off.
func TestVerifyNamesWhatWasDone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tamper []string
		event  int64
		seq    int64
		text   string
	}{
		"an event's text":      {[]string{"UPDATE events SET body = replace(body, 'person', 'nobody') WHERE n = 17"}, 17, 0, "does not follow"},
		"an event's time":      {[]string{"UPDATE events SET time = time + 1 WHERE n = 23"}, 23, 0, "does not follow"},
		"an event away":        {[]string{"DELETE FROM events WHERE n = 31"}, 31, 0, "missing"},
		"an event between":     {[]string{"DELETE FROM events WHERE n = 31", "INSERT INTO events VALUES (31, 5, 'outcome', 1, '[]', randomblob(32))"}, 31, 5, "does not follow"},
		"an event at the end":  {[]string{"INSERT INTO events (seq, kind, time, body, hash) VALUES (5, 'outcome', 1, '[]', randomblob(32))"}, -1, 5, "does not follow"},
		"all before one":       {[]string{"DELETE FROM events WHERE n < 40"}, 1, 0, "missing"},
		"an entry's command":   {[]string{"UPDATE commands SET command = 'nothing' WHERE seq = 12"}, -1, 12, "changed or removed after it was received"},
		"an entry's result":    {[]string{"UPDATE commands SET result = 'SUCCESS' || result WHERE seq = 13"}, -1, 13, "changed or removed after it ended"},
		"an entry away":        {[]string{"DELETE FROM commands WHERE seq = 14"}, -1, 14, "changed or removed"},
		"an entry more":        {[]string{"INSERT INTO commands SELECT 999, 'x', NULL, received, actor_id, actor_name, actor_email, team_id, team_name, channel_id, channel_name, entry, remote, command, action, result, state, ruler, revision, outcome, reply, in_channel, done, about FROM commands WHERE seq = 1"}, 0, 999, "inserted"},
		"an open entry":        {[]string{"UPDATE commands SET result = 'SUCCESS' WHERE seq = 38 AND done IS NULL"}, 0, 38, "ended past the journal"},
		"the start":            {[]string{"UPDATE chain SET hash = randomblob(32)"}, 0, 0, "start of the chain"},
		"the journal's name":   {[]string{"UPDATE chain SET id = 'ffffffffffffffff'"}, 0, 0, "start of the chain"},
		"a stump":              {[]string{"UPDATE chain SET n = 40, hash = (SELECT hash FROM events WHERE n = 40)", "DELETE FROM events WHERE n <= 40"}, 40, 0, "not signed"},
		"a trigger":            {[]string{"DROP TRIGGER commands_kept"}, 0, 0, "triggers"},
		"a column of a search": {[]string{"UPDATE commands SET state = 'LIVE ' WHERE seq = 15"}, -1, 15, "changed or removed after it ended"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := closedJournal(t, 60)
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			statements := append([]string{"PRAGMA writable_schema = on"}, triggersOff...)
			for _, statement := range append(append(statements, tc.tamper...), triggersOn(t, path)...) {
				if _, err := db.ExecContext(t.Context(), statement); err != nil && !strings.Contains(err.Error(), "no such trigger") {
					t.Fatal(statement, err)
				}
			}
			_, flaw := verifyAt(t, path)
			if flaw == nil || !strings.Contains(flaw.Text, tc.text) || tc.event >= 0 && flaw.Event != tc.event || tc.seq > 0 && flaw.Seq != tc.seq {
				t.Errorf("%+v, want the event %d, the entry %d, %q", flaw, tc.event, tc.seq, tc.text)
			}
		})
	}
}

var triggersOff = []string{
	"DROP TRIGGER events_chained", "DROP TRIGGER events_stay", "DROP TRIGGER events_kept",
	"DROP TRIGGER commands_received", "DROP TRIGGER commands_ended", "DROP TRIGGER commands_kept",
}

// triggersOn returns the statements that make the triggers of a journal again, but for one that a test drops for good.
func triggersOn(t *testing.T, path string) (statements []string) {
	t.Helper()
	for _, statement := range columnOf[string](t, path, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('events', 'commands')") {
		if !strings.HasSuffix(t.Name(), "/a_trigger") || !strings.Contains(statement, "commands_kept") {
			statements = append(statements, statement)
		}
	}
	return statements
}

// columnOf returns the one column that a query has, asked past the journal.
func columnOf[T any](t *testing.T, path, query string) (values []T) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value T
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}

// dump returns all that the journal has, in one text; an error when it cannot be read.
func dump(ctx context.Context, path string) (string, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		return "", err
	}
	defer db.Close()
	var b strings.Builder
	queries := []string{
		"SELECT json_array(id, n, hex(hash), before, entries, key, signature) FROM chain",
		"SELECT json_array(n, seq, kind, time, body, hex(hash)) FROM events ORDER BY n",
		"SELECT json_array(seq, " + strings.Join(requestColumns, ", ") + ", " + strings.Join(endColumns, ", ") + ") FROM commands ORDER BY seq",
	}
	for _, part := range derivedTables {
		for _, t := range part.tables {
			queries = append(queries, "SELECT json_array(hex("+strings.Join(t.columns, "), hex(")+"), sum) FROM "+t.name+" NOT INDEXED")
		}
	}
	for _, query := range queries {
		if err := dumpRows(ctx, db, query, &b); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

// dumpRows writes the one column of each row that a query selects, in a line each.
func dumpRows(ctx context.Context, db *sql.DB, query string, to *strings.Builder) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		to.WriteString(line + "\n")
	}
	return rows.Err()
}

// eventsAt returns which event's text or hash each byte of a journal's file belongs to, as far as that stands in the file once and in one piece.
func eventsAt(t *testing.T, path string, content []byte) map[int]int64 {
	t.Helper()
	events := map[int]int64{}
	for _, column := range []string{"body", "hash"} {
		for i, value := range columnOf[[]byte](t, path, "SELECT CAST("+column+" AS BLOB) FROM events ORDER BY n") {
			if bytes.Count(content, value) != 1 {
				continue
			}
			begin := bytes.Index(content, value)
			for at := range value {
				events[begin+at] = int64(i + 1)
			}
		}
	}
	return events
}

// TestEveryByteCounts flips bytes all over the file: each time Verify finds a flaw, or the byte says nothing: the journal reads as before. A byte of an
// event makes it name that event. A few in each page; with JOURNAL_FLIPS=all every seventh one.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	path := closedJournal(t, 60)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dump(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	step := 331
	if os.Getenv("JOURNAL_FLIPS") == "all" {
		step = 7
	}
	events := eventsAt(t, path, content)
	flaws, silent, named := 0, 0, 0
	work := filepath.Join(t.TempDir(), "flipped.db")
	for at := 0; at < len(content); at += step {
		flipped := append([]byte(nil), content...)
		flipped[at] ^= 1 << (at % 8)
		if err := os.WriteFile(work, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, flaw := verifyAt(t, work); flaw != nil {
			flaws++
			if n, known := events[at]; known {
				named++
				if flaw.Event != n {
					t.Errorf("the byte %d of the event %d was flipped: %+v", at, n, flaw)
				}
			}
		} else if got, err := dump(t.Context(), work); err != nil || got != want {
			t.Errorf("the byte %d (page %d) was flipped unseen: %v", at, at/4096+1, err)
		} else {
			silent++
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(work + suffix)
		}
	}
	t.Logf("%d flips in %d pages: %d found, %d of them in an event, %d say nothing", flaws+silent, len(content)/4096, flaws, named, silent)
	if flaws < silent/4 || named < 30 {
		t.Errorf("only %d of %d flips were found, %d of them in an event", flaws, flaws+silent, named)
	}
}
