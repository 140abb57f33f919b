package rules

import (
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// countedTree notes what is read of it.
type countedTree struct {
	memoryTree
	mu   sync.Mutex
	read []string
}

func (t *countedTree) Read(path string) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read = append(t.read, path)
	return t.memoryTree.Read(path)
}

// TestSnapshot starts with a snapshot of a book: what has not changed and was good is not read again, and the book is the same.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	files["prometheus/bad.yaml"] = "groups: 1\n"
	files["prometheus/empty.yaml"] = ""
	files["loki/one.yaml"] = "groups:\n  - name: one\n    interval: 1m\n    rules:\n      # why\n      - alert: one\n        expr: sum(count_over_time({job=\"x\"} |= \"Ban\" [5m])) > 0\n"
	before := &Applier{book: bookOf(t, files)}
	snapshot, err := before.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	files["loki/one.yaml"] += "        for: 5m\n"
	files["prometheus/new.yaml"] = files["loki/one.yaml"] // LogQL is no PromQL: the language is part of what is known
	book, tree := NewBook(bothRulers), &countedTree{memoryTree: files}
	if err := book.read.recall(snapshot); err != nil {
		t.Fatal(err)
	}
	if book, err = book.At(tree); err != nil {
		t.Fatal(err)
	}
	slices.Sort(tree.read)
	if diff := cmp.Diff([]string{"loki/one.yaml", "prometheus/bad.yaml", "prometheus/new.yaml"}, tree.read); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(tell(bookOf(t, files)), tell(book), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the book (-read anew +got):\n%s", diff)
	}
	if problems := book.Problems(); len(problems) != 2 {
		t.Errorf("problems: %+v", problems)
	}
	// One that was cut off is not believed in part.
	for end := 0; end < len(snapshot); end += 1 + len(snapshot)/97 {
		memory := &readFiles{}
		if err := memory.recall(snapshot[:end]); err == nil || len(memory.old) > 0 {
			t.Fatalf("%d of %d bytes: %v, %d files known", end, len(snapshot), err, len(memory.old))
		}
	}
}
