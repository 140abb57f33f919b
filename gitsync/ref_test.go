package gitsync

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

func TestDeleteRef(t *testing.T) {
	t.Parallel()
	const doubt = "refs/alertsmith/doubt/r1"
	r := openBook(t, Options{})
	first := plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("1")}).Revision())
	second := plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("2")}).Revision())
	runGit(t, r.dir, "tag", "-a", "-m", "tag", "t1", first.String())
	for name, prepare := range map[string]func(){
		"loose":  func() {},
		"packed": func() { runGit(t, r.dir, "pack-refs", "--all") },
		"packed with an older": func() { // packed-refs holds another value than the loose ref
			runGit(t, r.dir, "update-ref", doubt, first.String())
			runGit(t, r.dir, "pack-refs", "--all")
			runGit(t, r.dir, "update-ref", doubt, second.String())
		},
	} {
		runGit(t, r.dir, "update-ref", doubt, second.String())
		prepare()
		if err := deleteRef(r.fs, doubt, first); !errors.Is(err, errMoved) {
			t.Errorf("%s: deleting a ref that stands elsewhere: %v, want %v", name, err, errMoved)
		}
		if err := deleteRef(r.fs, doubt, second); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := runGit(t, r.dir, "for-each-ref", "--format=%(refname)"); got != "refs/heads/main\nrefs/tags/t1\n" {
			t.Errorf("%s: refs left:\n%s", name, got)
		}
		if got := strings.TrimSpace(runGit(t, r.dir, "rev-parse", "t1^{}")); got != first.String() {
			t.Errorf("%s: the tag leads to %s", name, got)
		}
		if locks, err := filepath.Glob(filepath.Join(r.dir, "*.lock")); err != nil || len(locks) > 0 {
			t.Errorf("%s: %v, %v stay", name, locks, err)
		}
	}
	write(t, r.dir, doubt+".lock", nil)
	if err := deleteRef(r.fs, doubt, plumbing.ZeroHash); !errors.Is(err, errLocked) {
		t.Errorf("deleting a locked ref: %v, want %v", err, errLocked)
	}
	if err := os.Remove(filepath.Join(r.dir, doubt+".lock")); err != nil {
		t.Fatal(err)
	}
}
