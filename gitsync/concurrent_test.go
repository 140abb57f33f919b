package gitsync

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// appendLine is a plan that depends on what it finds: it adds a line to a file.
func appendLine(path, line string) func(rules.Tree) (rules.Commit, error) {
	return func(tree rules.Tree) (rules.Commit, error) {
		old, err := tree.Read(path)
		if tree.Revision() != "" && err != nil {
			return rules.Commit{}, err
		}
		return rules.Commit{
			Author: aiko, When: noon, Subject: "add " + line, Trailers: []rules.Trailer{{Key: "Request-Id", Value: line}},
			Files: map[string][]byte{path: append(slices.Clip(old), line+"\n"...), "dir/" + line: []byte(line)},
		}, nil
	}
}

// linesOnce fails the test unless the file has each line exactly once.
func linesOnce(t testing.TB, tree rules.Tree, path string, want map[string]bool) {
	t.Helper()
	data, err := tree.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if got[line] {
			t.Errorf("%s is there twice", line)
		}
		got[line] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines of %s (-want +got):\n%s", path, diff)
	}
}

// TestConcurrentUpdates has 16 goroutines update, readers read, somebody push by the git command line and git repack
// everything, all at once.
func TestConcurrentUpdates(t *testing.T) {
	t.Parallel()
	const writers, each, pushes = 16, 4, 4
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"log": {}})
	work := outsider(t, r.dir)

	want := map[string]bool{}
	var writing, helping sync.WaitGroup
	for w := range writers {
		for i := range each {
			want[fmt.Sprintf("w%d-%d", w, i)] = true
		}
		writing.Go(func() {
			for i := range each {
				line := fmt.Sprintf("w%d-%d", w, i)
				tree, err := r.Update(t.Context(), appendLine("log", line))
				if err != nil {
					t.Errorf("%s: %v", line, err)
					return
				}
				if got, err := tree.Read("dir/" + line); err != nil || string(got) != line {
					t.Errorf("Update returned a tree where %s is %q, %v", line, got, err)
				}
			}
		})
	}
	for i := range pushes {
		want[fmt.Sprint("p", i)] = true
	}
	writing.Go(func() {
		for i := range pushes {
			line := fmt.Sprint("p", i)
			for {
				runGit(t, work, "fetch", "-q", "origin")
				runGit(t, work, "reset", "-q", "--hard", "origin/main")
				log := runGit(t, work, "show", "HEAD:log")
				write(t, work, "log", []byte(log+line+"\n"))
				runGit(t, work, "commit", "-q", "-a", "-m", "outside "+line)
				if _, err := tryGit(work, "push", "-q", "origin", "HEAD:main"); err == nil {
					break
				}
			}
		}
	})
	stop := make(chan struct{})
	helping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			head, err := r.Head(t.Context())
			if err != nil {
				t.Errorf("Head: %v", err)
				return
			}
			list, err := head.List("dir")
			if err != nil {
				t.Errorf("List: %v", err)
				return
			}
			for path := range list {
				if _, err := head.Read(path); err != nil {
					t.Errorf("Read: %v", err)
					return
				}
			}
			if _, err := r.FindRequest(t.Context(), "w1-1"); err != nil {
				t.Errorf("FindRequest: %v", err)
				return
			}
		}
	})
	helping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = tryGit(r.dir, "gc", "-q") // refuses while another runs; what counts is that it may
			}
		}
	})
	writing.Wait()
	close(stop)
	helping.Wait()

	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	linesOnce(t, head, "log", want)
	if got := strings.TrimSpace(runGit(t, r.dir, "rev-list", "--count", "main")); got != fmt.Sprint(1+len(want)) {
		t.Errorf("%s commits, want %d", got, 1+len(want))
	}
}

// TestPushBetweenPlanAndCommit has somebody push while the plan is made: it is made again and nothing of the push is lost.
func TestPushBetweenPlanAndCommit(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"log": []byte("first\n")})
	work := outsider(t, r.dir)
	plans := 0
	tree, err := r.Update(t.Context(), func(tree rules.Tree) (rules.Commit, error) {
		if plans++; plans == 1 {
			write(t, work, "log", []byte("first\noutside\n"))
			push(t, work)
		}
		return appendLine("log", "ours")(tree)
	})
	if err != nil {
		t.Fatal(err)
	}
	if plans != 2 {
		t.Errorf("%d plans, want 2", plans)
	}
	linesOnce(t, tree, "log", map[string]bool{"first": true, "outside": true, "ours": true})
}

// TestGarbageCollection has git repack everything under an open rulebook whose caches know the old places.
func TestGarbageCollection(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	for i := range 5 {
		update(t, r, map[string][]byte{fmt.Sprint("a/", i): fmt.Append(nil, i), "b": fmt.Append(nil, i)})
	}
	for range 3 {
		runGit(t, r.dir, "repack", "-q", "-a", "-d", "--window=0")
		runGit(t, r.dir, "gc", "-q", "--prune=now")
		clear(r.objects.trees)
		head, err := r.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := len(content(t, head, ""))
		if got := len(content(t, update(t, r, map[string][]byte{fmt.Sprint("a/", n): fmt.Append(nil, n)}), "")); got != n+1 {
			t.Errorf("%d files, want %d", got, n+1)
		}
	}
}

// TestOnlyChangedDirectoriesAreRead counts what List reads of a rulebook with 1,000 files in 100 directories after a change.
func TestOnlyChangedDirectoriesAreRead(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	files := map[string][]byte{}
	for i := range 1000 {
		files[fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i)] = fmt.Append(nil, i)
	}
	if list, err := update(t, r, files).List("loki"); err != nil || len(list) != 1000 {
		t.Fatal(len(list), err)
	}
	before := len(r.objects.trees)
	tree := update(t, r, map[string][]byte{"loki/ns7/rule7.yaml": []byte("changed")})
	if list, err := tree.List("loki"); err != nil || len(list) != 1000 {
		t.Fatal(len(list), err)
	}
	if read := len(r.objects.trees) - before; read != 3 {
		t.Errorf("%d directories were read after the change of one file, want the root, loki and loki/ns7", read)
	}
}
