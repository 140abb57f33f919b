package gitsync

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestKept has the branch set back and what it had kept: that is found by the first digits of its hash, once, and only while the branch does not have it.
func TestKept(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	first := update(t, r, map[string][]byte{"x": []byte("1")}).Revision()
	second := update(t, r, map[string][]byte{"x": []byte("2")}, rules.Trailer{Key: "Request-Id", Value: "r2"}).Revision()
	third := update(t, r, map[string][]byte{"x": []byte("3")}).Revision()
	found := func(prefix string) (revisions []string) {
		t.Helper()
		commits, err := r.Kept(t.Context(), prefix, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range commits {
			if !c.External() {
				t.Errorf("believed what its message says: %+v", c)
			}
			revisions = append(revisions, c.Revision)
		}
		return revisions
	}
	refs := func() int { return strings.Count(runGit(t, r.dir, "for-each-ref", keptRefs), "\n") }

	runGit(t, r.dir, "update-ref", "refs/heads/main", first)
	if got := found(third); len(got) > 0 {
		t.Errorf("found %q, and nothing is kept", got)
	}
	for _, revision := range []string{third, third, second, first} {
		if by, err := r.Keep(t.Context(), revision, second); err != nil || refs() != 1 || len(by) != 1 || runGit(t, r.dir, "rev-parse", by[0]) != third+"\n" {
			t.Errorf("Keep(%s) = %q, %v, and there are %d refs", revision, by, err, refs())
		}
	}
	if _, err := r.Keep(t.Context(), strings.Repeat("1", 40), second); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("kept what is not there: %v", err)
	}
	runGit(t, r.dir, "gc", "-q", "--prune=now")
	if err := r.objects.refresh(); err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string][]string{third: {third}, second[:10]: {second}, first: nil, "": {second, third}} {
		if diff := cmp.Diff(want, found(prefix)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", prefix, diff)
		}
	}
	for i := range 2 { // another branch that leads to the same
		other := update(t, r, map[string][]byte{"x": []byte("4")}).Revision()
		runGit(t, r.dir, "update-ref", "refs/heads/main", second)
		if by, err := r.Keep(t.Context(), other, second); err != nil || len(by) != i+1 {
			t.Errorf("Keep(%s) = %q, %v: every ref that leads to an earlier commit keeps that", other, by, err)
		}
		if got := found(third); len(got) != 1 {
			t.Errorf("found %q", got)
		}
	}
	runGit(t, r.dir, "update-ref", "refs/heads/main", third)
	if got := found(third); len(got) > 0 {
		t.Errorf("found %q, which the branch has", got)
	}
}
