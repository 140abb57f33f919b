package journal

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// stamp signs as anybody can read, and check knows its own stamp.
func stamp(text []byte) (string, string, error) { return "key", "signed " + string(text), nil }

func checkStamp(text []byte, key, signature string) error {
	if key != "key" || signature != "signed "+string(text) {
		return errors.New("forged")
	}
	return nil
}

func TestPrune(t *testing.T) {
	t.Parallel()
	path := closedJournal(t, 0)
	db := openAt(t, path)
	at := func(i int) time.Time { return arrived.Add(time.Duration(i) * time.Hour) }
	for i, state := range []rules.State{rules.Live, rules.Live, rules.Pending, rules.Live, rules.Live} {
		r := request(string(rune('a'+i)), "")
		r.Time, r.Command = at(i), "the past"
		if _, err := db.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		record := finished(r, state)
		if err := db.Finish(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	s := openSearch(t, db)
	anchorText, err := s.Anchor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	anchor, _ := AnchorOf("abc", []rules.Trailer{{Key: AnchorKey, Value: anchorText}})
	verify := func(entries, pruned int64) {
		t.Helper()
		v, flaw, err := s.Verify(t.Context(), []Anchor{anchor, {Journal: anchor.Journal, Event: 1, Hash: "x"}}[:min(2, 1+int(pruned))], checkStamp)
		if err != nil || flaw != nil || v.Entries != entries || v.Pruned != pruned {
			t.Errorf("Verify = %+v, %+v, %v; want %d entries behind %d", v, flaw, err, entries, pruned)
		}
	}
	verify(5, 0)
	prune := func(i int, want Pruned) {
		t.Helper()
		if got, err := db.Prune(t.Context(), at(i), stamp); err != nil || got != want {
			t.Errorf("Prune before %d = %+v, %v; want %+v", i, got, err, want)
		}
	}
	prune(0, Pruned{})
	prune(1, Pruned{Entries: 1, UpTo: 2})
	verify(4, 1)
	prune(4, Pruned{Entries: 1, UpTo: 4, Stopped: at(2)}) // the third still waits
	verify(3, 2)
	prune(4, Pruned{UpTo: 4, Stopped: at(2)})
	live := finished(request("c", ""), rules.Live).Outcome
	if err := db.SetOutcome(t.Context(), "c", live); err != nil {
		t.Fatal(err)
	}
	prune(4, Pruned{UpTo: 4, Stopped: at(2)}) // what it came to is told behind what stays
	if _, err := db.Receive(t.Context(), request("z", "")); err != nil {
		t.Fatal(err)
	}
	prune(999, Pruned{Entries: 3, UpTo: 11, Stopped: arrived}) // the newest stays, and is open
	verify(1, 5)
	if _, err := db.Receive(t.Context(), request("zz", "")); err != nil {
		t.Fatal(err)
	}
	verify(2, 5)
	for _, file := range []string{path, path + "-wal"} {
		if content, err := os.ReadFile(file); err != nil || bytes.Contains(content, []byte("the past")) {
			t.Errorf("what was pruned can be read in %s, %v", file, err)
		}
	}
	if _, flaw, err := s.Verify(t.Context(), nil, noStump); flaw == nil || err != nil {
		t.Errorf("a stump that nobody signed: %+v, %v", flaw, err)
	}
	if err := db.sql.QueryRowContext(t.Context(), "DELETE FROM events RETURNING n").Scan(new(int)); err == nil || !bytes.Contains([]byte(err.Error()), []byte("only added to")) {
		t.Errorf("after pruning, events can be removed: %v", err)
	}
}

// TestPrunedCommitsStayKnown holds that somebody else's commit is known for one after its entry was pruned, and nothing else of what was pruned is.
func TestPrunedCommitsStayKnown(t *testing.T) {
	t.Parallel()
	db := openAt(t, closedJournal(t, 0))
	for i, entry := range []string{rules.EntryGit, rules.EntryChat, rules.EntryGit, rules.EntryChat} {
		r := request(string(rune('a'+i)), "")
		r.Time, r.Entry = arrived.Add(time.Duration(i)*time.Hour), entry
		if _, err := db.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(t.Context(), finished(r, rules.Live)); err != nil {
			t.Fatal(err)
		}
	}
	check := func(want map[string]bool) {
		t.Helper()
		got, err := db.Received(t.Context(), []string{"a", "b", "c", "d", "e"})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("received (-want +got), %v:\n%s", err, diff)
		}
	}
	check(map[string]bool{"a": true, "b": true, "c": true, "d": true})
	for _, hours := range []int{1, 2, 3} {
		if _, err := db.Prune(t.Context(), arrived.Add(time.Duration(hours)*time.Hour), stamp); err != nil {
			t.Fatal(err)
		}
	}
	check(map[string]bool{"a": true, "c": true, "d": true})
}
