package main

import (
	"bufio"
	"bytes"
	"path/filepath"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

func TestPastIsTheSameEveryTime(t *testing.T) {
	t.Parallel()
	var streams [2]bytes.Buffer
	for i := range streams {
		out := bufio.NewWriter(&streams[i])
		(&stream{out: out}).past(newPast(small))
		if err := out.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(streams[0].Bytes(), streams[1].Bytes()) {
		t.Error("two runs made different histories")
	}
}

// TestPastIsARulebook builds the small rulebook and reads it as the service does.
func TestPastIsARulebook(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "rulebook.git")
	if err := importPast(t.Context(), dir, small); err != nil {
		t.Fatal(err)
	}
	if err := git(t.Context(), dir, "fsck", "--full", "--strict"); err != nil {
		t.Error(err)
	}
	store, err := gitsync.Open(t.Context(), gitsync.Options{Dir: dir, Committer: committer})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	tree, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	book, err := rules.NewBook([]rules.RulerInfo{{Name: ruler, Dialect: expr.PromQL, Dir: ruler}}).At(tree)
	if err != nil {
		t.Fatal(err)
	}
	if problems := book.Problems(); len(problems) > 0 {
		t.Errorf("problems: %+v", problems)
	}
	if n, want := len(book.Entries(ruler)), small.directories*small.files*small.rules; n != want {
		t.Errorf("%d rules, want %d", n, want)
	}
	commits, external := 0, 0
	err = store.Log(t.Context(), "", tree.Revision(), func(c rules.PastCommit) error {
		commits++
		if c.External() {
			external++
		} else if len(c.Files) != 2 || len(c.Trailers) != 6 {
			t.Errorf("%q changes %d files and has the trailers %v", c.Subject, len(c.Files), c.Trailers)
		}
		return nil
	})
	if err != nil || commits != small.commits || external < 10 || external > commits/10 {
		t.Errorf("%d commits, %d of them external: %v", commits, external, err)
	}
}
