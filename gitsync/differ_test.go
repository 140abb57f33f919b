package gitsync

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestDifferingIsWhatTheListsSay compares random states of one rulebook with each other, in both directions.
func TestDifferingIsWhatTheListsSay(t *testing.T) {
	t.Parallel()
	book := openBook(t, Options{})
	random := rand.New(rand.NewPCG(1, 2))
	head, err := book.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	states := []rules.Tree{head}
	for i := range 30 {
		files := map[string][]byte{fmt.Sprintf("always/%d.md", i): []byte("new")}
		for range random.IntN(4) {
			path := fmt.Sprintf("d%d/e%d/%d.yaml", random.IntN(3), random.IntN(2), random.IntN(3))
			if files[path] = fmt.Appendf(nil, "%d", random.IntN(5)); random.IntN(3) == 0 {
				files[path] = nil
			}
		}
		next, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
			return rules.Commit{Author: aiko, When: noon, Subject: "s", Files: files}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, next)
	}
	for range 100 {
		a, b := states[random.IntN(len(states))], states[random.IntN(len(states))]
		assertDiffers(t, a, b)
	}
}

// assertDiffers fails unless comparing two states says what their lists and their files do.
func assertDiffers(t testing.TB, before, after rules.Tree) {
	t.Helper()
	was, err := before.List("")
	if err != nil {
		t.Fatal(err)
	}
	want, err := after.List("")
	if err != nil {
		t.Fatal(err)
	}
	for path, id := range want {
		if len(want) > 1000 {
			break // that takes too long
		}
		content, err := after.Read(path)
		if err != nil || plumbing.ComputeHash(plumbing.BlobObject, content).String() != id {
			t.Errorf("%s is listed as %s and read as %q, %v", path, id, content, err)
		}
	}
	for path := range was {
		switch {
		case want[path] == "":
			want[path] = ""
		case want[path] == was[path]:
			delete(want, path)
		}
	}
	got, err := after.(rules.Differ).Differing(before)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s against %s (-lists +comparing):\n%s", after.Revision(), before.Revision(), diff)
	}
}

// TestDifferingLeavesOutWhatListDoes replaces a file by a symbolic link.
func TestDifferingLeavesOutWhatListDoes(t *testing.T) {
	t.Parallel()
	book := openBook(t, Options{})
	before, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
		return rules.Commit{Author: aiko, When: noon, Subject: "s", Files: map[string][]byte{"a.yaml": []byte("a"), "b.yaml": []byte("b")}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	runGit(t, ".", "clone", "-q", book.dir, work)
	if err := errors.Join(os.Remove(filepath.Join(work, "a.yaml")), os.Symlink("b.yaml", filepath.Join(work, "a.yaml"))); err != nil {
		t.Fatal(err)
	}
	runGit(t, work, "add", "-A")
	runGit(t, work, "commit", "-qm", "a link")
	runGit(t, work, "push", "-q", "origin", "HEAD:main")
	after, err := book.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := after.(rules.Differ).Differing(before)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a.yaml": ""}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
