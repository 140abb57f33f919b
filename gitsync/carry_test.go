package gitsync

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// carried has somebody commit here what here makes of the repository, while somebody else pushes to the server. It returns what was told to be
// left aside, and the server's repository.
func carried(t *testing.T, here func(dir string)) (left []string, host string) {
	t.Helper()
	host = gitHost(t)
	theirs := outsider(t, host)
	outsideLine(t, theirs, "first")
	p := patch(at(t, host))
	r, err := Open(t.Context(), Options{Dir: filepath.Join(t.TempDir(), "rulebook.git"), Committer: service, Remote: p})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	told := make(chan string, 10)
	stop := keepUp(t, r, Following{Left: func(_ context.Context, c rules.PastCommit, _ string) { told <- c.Subject }})
	p.set(func(p *patchy) { p.down = true })
	here(r.dir)
	until(t, "the commit is seen", func() bool { return r.Remote().Unpushed == 1 })
	outsideLine(t, theirs, "second")
	p.set(func(p *patchy) { p.down = false })
	r.Kick()
	same(t, r, host)
	stop() // what is still to be told is told then
	for len(told) > 0 {
		left = append(left, <-told)
	}
	return left, host
}

// TestACommitIsCarriedOverAsItIs has somebody commit here with dates, a mode and a message of their own.
func TestACommitIsCarriedOverAsItIs(t *testing.T) {
	t.Parallel()
	message := "[ops] words\n\nas they *stand*,\n  with an indent\n\nSigned-off-by: A <a@example.org>\n"
	left, host := carried(t, func(dir string) {
		work := outsider(t, dir)
		write(t, work, "run.sh", []byte("#!/bin/sh\n"))
		if err := os.Chmod(filepath.Join(work, "run.sh"), 0o700); err != nil {
			t.Error(err)
		}
		runGit(t, work, "add", "run.sh")
		tree := strings.TrimSpace(runGit(t, work, "write-tree"))
		commit := "tree " + tree + "\nparent " + strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD")) +
			"\nauthor A <a@example.org> 1700000000 +0900\ncommitter B <b@example.org> 1700000060 -0300\n\n" + message
		runGit(t, work, "push", "-q", "origin", rawTrees{t, work}.object("commit", commit)+":refs/heads/main")
	})
	if left != nil {
		t.Errorf("left aside: %v", left)
	}
	commit := strings.TrimSpace(runGit(t, host, "log", "-1", "--format=%H", "main", "--", "run.sh"))
	_, got, _ := strings.Cut(runGit(t, host, "cat-file", "commit", commit), "author ")
	if diff := cmp.Diff("A <a@example.org> 1700000000 +0900\ncommitter B <b@example.org> 1700000060 -0300\n\n"+message, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := runGit(t, host, "ls-tree", "main", "run.sh"); !strings.HasPrefix(got, "100755 ") {
		t.Errorf("the file is %s", got)
	}
}

// TestWhatCannotBeCarriedOverIsLeftAside holds that nothing that somebody committed here is dropped in silence.
func TestWhatCannotBeCarriedOverIsLeftAside(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		does func(w rawTrees, log string) []string // the entries of the root
	}{
		{"a symbolic link", func(w rawTrees, log string) []string {
			return []string{rawEntry(t, "120000", "link", w.object("blob", "log")), log}
		}},
		{"a file and a symbolic link", func(w rawTrees, log string) []string {
			return []string{w.file("a", "a"), rawEntry(t, "120000", "link", w.object("blob", "log")), log}
		}},
		{"a name that is not read", func(w rawTrees, log string) []string { return []string{w.file("a", "a"), w.file("b\\c", "b"), log} }},
		{"a name twice", func(_ rawTrees, log string) []string { return []string{log, log} }},
		{"an empty directory", func(w rawTrees, log string) []string { return []string{w.directory("empty"), log} }},
		{"too many directories", func(w rawTrees, log string) []string { return []string{w.forest("forest", 12), log} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			left, _ := carried(t, func(dir string) {
				w := rawTrees{t, dir}
				w.push(c.does(w, rawEntry(t, "100644", "log", strings.TrimSpace(runGit(t, dir, "rev-parse", "main:log"))))...)
			})
			if diff := cmp.Diff([]string{"hostile"}, left); diff != "" {
				t.Errorf("left aside (-want +got):\n%s", diff)
			}
		})
	}
}
