package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// An update that was read before another one was written is not written after it: it would take the index back, and hide entries.
func TestTheIndexGoesNeverBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	fill(t, path, 20)
	s := openSearch(t, db)
	before, err := s.index.state(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	now, err := s.index.state(t.Context())
	if err != nil || now.upTo <= before.upTo {
		t.Fatalf("the index went from %+v to %+v, %v", before, now, err)
	}
	late := before
	late.upTo++
	if err := s.index.add(t.Context(), nil, before.upTo, late); !errors.Is(err, errOvertaken) {
		t.Errorf("add = %v, want errOvertaken", err)
	}
	if after, err := s.index.state(t.Context()); err != nil || after != now {
		t.Errorf("the index is at %+v, %v; want %+v", after, err, now)
	}
}

// TestWhatTheIndexKnewIsMissed removes the newest events, as a copy of yesterday's database does: verify tells of it beside the service, after a start,
// and after as many events as were lost.
func TestWhatTheIndexKnewIsMissed(t *testing.T) {
	t.Parallel()
	path := closedJournal(t, 20)
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	missed := func(when, want string) {
		t.Helper()
		if _, flaw := verifyAt(t, path); flaw == nil && want != "" || flaw != nil && (want == "" || !strings.Contains(flaw.Text, want)) {
			t.Errorf("%s: %+v, want %q", when, flaw, want)
		}
	}
	// life receives as many commands, and indexes them, and returns the newest event.
	life := func(commands ...string) int64 {
		t.Helper()
		db, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := db.Search(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commands {
			if _, err := db.Receive(t.Context(), request(c, "")); err != nil {
				t.Fatal(err)
			}
		}
		head, errHead := s.Head(t.Context())
		if err := errors.Join(errHead, s.Update(t.Context()), s.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
		return head
	}
	before := life()
	after := life("a", "b", "c")
	missed("nothing was removed", "")
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("the events from %d to %d", before+1, after)
	missed("before the start", want)
	life()
	missed("after the start", want)
	life("d", "e", "f", "g", "h")
	missed("after newer events", want)
	if err := removeIndex(indexPath(path)); err != nil {
		t.Fatal(err)
	}
	life()
	missed("after it was accepted", "")
}

// TestAnIndexThatCannotBeOpenedIsMadeAnew starts with something in the index's place that nobody can open as a file, as what another user copied there is
// to all but root.
func TestAnIndexThatCannotBeOpenedIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(path string) error{
		"not ours to read":  func(path string) error { return os.Chmod(path, 0) },
		"not ours to write": func(path string) error { return os.Chmod(path, 0o400) },
		"a directory":       func(path string) error { return errors.Join(removeIndex(path), os.Mkdir(path, 0o700)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := closedJournal(t, 5)
			start := func() (upTo int64) {
				t.Helper()
				db := openAt(t, path)
				s, err := db.Search(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				errUpdate := s.Update(t.Context())
				state, errState := s.index.state(t.Context())
				if err := errors.Join(errUpdate, errState, s.Close()); err != nil {
					t.Fatal(err)
				}
				return state.upTo
			}
			want := start()
			if err := spoil(indexPath(path)); err != nil {
				t.Fatal(err)
			}
			if got := start(); got != want || want == 0 {
				t.Errorf("the index knows %d events, want %d", got, want)
			}
		})
	}
}
