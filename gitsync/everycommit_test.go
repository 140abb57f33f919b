package gitsync

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/google/go-cmp/cmp"
)

func everyCommit(t *testing.T, dir, branch string) []string {
	t.Helper()
	hashes := []string{}
	err := EveryCommit(t.Context(), dir, branch, func(c *object.Commit) error {
		hashes = append(hashes, c.Hash.String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(hashes)
	return hashes
}

func TestEveryCommitIsWhatGitLists(t *testing.T) {
	t.Parallel()
	dir := randomHistory(t, 7, 200)
	want := gitLog(t, dir, "rev-list", "main")
	slices.Sort(want)
	if diff := cmp.Diff(want, everyCommit(t, dir, "main")); diff != "" {
		t.Errorf("every commit (-git, +got):\n%s", diff)
	}
	if got := everyCommit(t, dir, "nowhere"); len(got) > 0 {
		t.Errorf("a branch that is not there leads to %v", got)
	}

	cut := filepath.Join(t.TempDir(), "cut.git")
	runGit(t, t.TempDir(), "clone", "-q", "--bare", "--depth=5", "file://"+dir, cut)
	want = gitLog(t, cut, "rev-list", "main")
	slices.Sort(want)
	if diff := cmp.Diff(want, everyCommit(t, cut, "main")); diff != "" {
		t.Errorf("every commit of a shallow clone (-git, +got):\n%s", diff)
	}
}

func TestEveryCommitEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	dir := randomHistory(t, 7, 20)
	enough, calls := errors.New("enough"), 0
	err := EveryCommit(t.Context(), dir, "main", func(*object.Commit) error { calls++; return enough })
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("EveryCommit = %v after %d calls, want %v after one", err, calls, enough)
	}
	if err := EveryCommit(t.Context(), t.TempDir(), "main", func(*object.Commit) error { return nil }); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("EveryCommit without a repository = %v, want %v", err, fs.ErrNotExist)
	}
}
