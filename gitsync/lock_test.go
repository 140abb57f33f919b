package gitsync

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

func TestOneWriter(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	_, err := Open(t.Context(), Options{Dir: r.dir, Committer: service})
	if rules.KindOf(err) != rules.Unavailable || !strings.Contains(fmt.Sprint(err), r.dir) || !strings.Contains(fmt.Sprint(err), fmt.Sprintf("process %d:", os.Getpid())) {
		t.Errorf("a second writer: %v; want Unavailable with the directory and our process id", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Update(t.Context(), change(map[string][]byte{"x": nil})); rules.KindOf(err) != rules.Unavailable || err == nil {
		t.Errorf("Update after Close = %v, want Unavailable", err)
	}
	openBook(t, Options{Dir: r.dir})
}

func TestStaleLocksAreRemoved(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	stale := []string{"HEAD.lock", "packed-refs.lock", "config.lock", "refs/heads/main.lock", "refs/tags/deep/er.lock"}
	for _, name := range stale {
		write(t, r.dir, name, nil)
	}
	var log strings.Builder
	r = openBook(t, Options{Dir: r.dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, name := range stale {
		if _, err := os.Lstat(filepath.Join(r.dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
		if !strings.Contains(log.String(), name) {
			t.Errorf("the log says nothing of %s:\n%s", name, log.String())
		}
	}
	update(t, r, map[string][]byte{"x": []byte("2")})
}

func TestLockedBranch(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	before := update(t, r, map[string][]byte{"x": []byte("1")})
	write(t, r.dir, "refs/heads/main.lock", nil)
	plans := 0
	_, err := r.Update(t.Context(), func(tree rules.Tree) (rules.Commit, error) {
		plans++
		return change(map[string][]byte{"x": []byte("2")})(tree)
	})
	if rules.KindOf(err) != rules.Unavailable || !strings.Contains(fmt.Sprint(err), "refs/heads/main.lock") {
		t.Errorf("Update of a locked branch = %v; want Unavailable with the lock's name", err)
	}
	if plans != maxAttempts {
		t.Errorf("%d plans, want %d", plans, maxAttempts)
	}
	if err := os.Remove(filepath.Join(r.dir, "refs/heads/main.lock")); err != nil {
		t.Fatal(err)
	}
	if head, err := r.Head(t.Context()); err != nil || head.Revision() != before.Revision() {
		t.Errorf("the head is %v, %v", head, err)
	}
	update(t, r, map[string][]byte{"x": []byte("2")})
}

func TestOpenExisting(t *testing.T) {
	t.Parallel()
	// bare returns a repository as a person makes one, with a push on a branch.
	bare := func(t *testing.T, initial, pushed string) string {
		dir := filepath.Join(t.TempDir(), "rulebook.git")
		runGit(t, filepath.Dir(dir), "init", "-q", "--bare", "--initial-branch="+initial, dir)
		work := outsider(t, dir)
		write(t, work, "prometheus/node.yaml", []byte("groups: []\n"))
		if err := os.Symlink("node.yaml", filepath.Join(work, "prometheus/link.yaml")); err != nil {
			t.Fatal(err)
		}
		runGit(t, work, "add", "-A")
		runGit(t, work, "commit", "-q", "-m", "adopted")
		runGit(t, work, "push", "-q", "origin", "HEAD:"+pushed)
		return dir
	}
	t.Run("pushed to main", func(t *testing.T) {
		t.Parallel()
		dir := bare(t, "main", "main")
		runGit(t, dir, "gc", "-q") // packs refs and objects
		if _, err := os.Stat(filepath.Join(dir, "refs/heads/main")); !os.IsNotExist(err) {
			t.Fatal("the ref is not packed")
		}
		r := openBook(t, Options{Dir: dir})
		tree := update(t, r, map[string][]byte{"loki/x.yaml": []byte("x")})
		if got := content(t, tree, ""); len(got) != 2 || got["prometheus/node.yaml"] != "groups: []\n" {
			t.Errorf("the rulebook holds %v, want node.yaml and x.yaml and no link", got)
		}
		if got := strings.TrimSpace(runGit(t, dir, "log", "--format=%s", "main")); got != "add sshd-ban\nadopted" {
			t.Errorf("git log: %s", got)
		}
		if got := runGit(t, dir, "ls-tree", "-r", "--name-only", "main"); got != "loki/x.yaml\nprometheus/link.yaml\nprometheus/node.yaml\n" {
			t.Errorf("git ls-tree: %s", got)
		}
		for name, plan := range map[string]string{"over a link": "prometheus/link.yaml", "below a link": "prometheus/link.yaml/x"} {
			if _, err := r.Update(t.Context(), change(map[string][]byte{plan: []byte("x")})); rules.KindOf(err) != rules.Conflict {
				t.Errorf("writing %s: %v, want Conflict", name, err)
			}
		}
	})
	t.Run("pushed to main, HEAD elsewhere", func(t *testing.T) {
		t.Parallel()
		r := openBook(t, Options{Dir: bare(t, "master", "main")})
		if got := content(t, update(t, r, map[string][]byte{"x": nil, "y": {}}), ""); len(got) != 2 {
			t.Errorf("the rulebook holds %v", got)
		}
	})
	t.Run("on a branch of another name", func(t *testing.T) {
		t.Parallel()
		dir := bare(t, "master", "master")
		r := openBook(t, Options{Dir: dir, Branch: "master"})
		update(t, r, map[string][]byte{"x": {}})
		if got := runGit(t, dir, "log", "--format=%s", "master"); got != "add sshd-ban\nadopted\n" {
			t.Errorf("git log: %s", got)
		}
		if got := runGit(t, dir, "for-each-ref", "--format=%(refname)"); got != "refs/heads/master\n" {
			t.Errorf("git for-each-ref: %s", got)
		}
	})
	t.Run("empty, HEAD elsewhere", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "rulebook.git")
		runGit(t, filepath.Dir(dir), "init", "-q", "--bare", "--initial-branch=trunk", dir)
		update(t, openBook(t, Options{Dir: dir}), map[string][]byte{"x": {}})
		if got := runGit(t, dir, "log", "--format=%s"); got != "add sshd-ban\n" {
			t.Errorf("git log without a branch's name: %s", got)
		}
	})
	refused := func(name, text string, dir func(t *testing.T) string) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(t.Context(), Options{Dir: dir(t), Committer: service})
			if rules.KindOf(err) != rules.Unavailable || !strings.Contains(fmt.Sprint(err), text) {
				t.Errorf("Open = %v, want Unavailable: %s", err, text)
			}
		})
	}
	refused("pushed to another branch", "branch -m master main", func(t *testing.T) string { return bare(t, "master", "master") })
	refused("not a repository", `it holds "notes.txt"`, func(t *testing.T) string {
		dir := t.TempDir()
		write(t, dir, "notes.txt", nil)
		return dir
	})
	refused("with a worktree", `it holds ".git"`, func(t *testing.T) string {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q")
		return dir
	})
	refused("SHA-256", "cannot be used", func(t *testing.T) string {
		dir := t.TempDir()
		runGit(t, dir, "init", "-q", "--bare", "--object-format=sha256")
		return dir
	})
	refused("an empty ref", "is damaged", func(t *testing.T) string {
		dir := bare(t, "main", "main")
		runGit(t, dir, "pack-refs", "--all")
		write(t, dir, "refs/heads/main", nil)
		return dir
	})
	refused("with another's objects", "git -C ", func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "shared.git")
		runGit(t, filepath.Dir(dir), "clone", "-q", "--bare", "--shared", bare(t, "main", "main"), dir)
		return dir
	})
	refused("a file", "cannot be made", func(t *testing.T) string {
		dir := t.TempDir()
		write(t, dir, "file", nil)
		return filepath.Join(dir, "file")
	})
}
