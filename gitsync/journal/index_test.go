package journal

import (
	"errors"
	"path/filepath"
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
