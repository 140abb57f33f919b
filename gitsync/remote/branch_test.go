package remote_test

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
	"github.com/alertsmith/alertsmith/rules"
)

// TestAnotherBranch: a repository without any branch is one to begin with, one that has another branch is a mistake.
func TestAnotherBranch(t *testing.T) {
	t.Parallel()
	dir := remotetest.Bare(t)
	r, err := remote.New(remote.Config{URL: dir})
	if err != nil {
		t.Fatal(err)
	}
	if tip, err := r.Tip(t.Context()); err != nil || !tip.IsZero() {
		t.Fatalf("an empty repository: %v, %v", tip, err)
	}
	commit := remotetest.Git(t, dir, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit-tree", "-m", "x", "4b825dc642cb6eb9a060e54bf8d69288fbee4904")
	remotetest.Git(t, dir, "update-ref", "refs/heads/master", strings.TrimSpace(commit))
	if _, err := r.Tip(t.Context()); rules.KindOf(err) != rules.Unavailable || !strings.Contains(err.Error(), "it has master") {
		t.Errorf("a repository whose branch is another: %v", err)
	}
}
