package rules

import (
	"maps"
	"os"
	"strings"
	"testing"
)

// TestCorpusEdits adds to, and deletes from, every file that somebody else wrote: all other bytes stay, the diff of an addition has no
// removed line, that of a deletion no added one.
func TestCorpusEdits(t *testing.T) {
	t.Parallel()
	book := bookOf(t, corpus(t))
	if problems := book.Problems(); len(problems) > 0 {
		t.Fatalf("the corpus has problems: %+v", problems)
	}
	byFile := map[string][]Entry{}
	for _, e := range book.Entries("prometheus") {
		byFile[e.Ref.Path] = append(byFile[e.Ref.Path], e)
	}
	// One of the 112 files has a group whose rules are all commented out.
	if files := len(book.RuleFiles("prometheus")); files != 112 || len(byFile) != 111 {
		t.Fatalf("%d files, %d with rules; want 112 and 111", files, len(byFile))
	}
	for path, entries := range byFile {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			ref := entries[0].Ref
			add := Add{Name: "Added here", Expr: "up == 0", Options: Options{Ruler: "prometheus", Namespace: ref.Namespace(), Group: ref.Group}}
			change := requirePlan(t, book, add)
			requireNoLines(t, book.Diff(change), "-")
			requireInsertion(t, book.file("prometheus", path).content, change.Files["prometheus/"+path])
			requireOnlyNew(t, book, change, change.Refs...)

			// Put into a namespace of its own, it makes a file of its own.
			add.Options.Group = ""
			if change := requirePlan(t, book, add); len(change.Files) != 1 || change.Files["prometheus/"+ref.Namespace()+"/Added-here-"+shortHash(change)+".yaml"] == nil {
				t.Errorf("planned %v", sortedKeys(change.Files))
			}

			picked := []Entry{entries[0], entries[len(entries)/2], entries[len(entries)-1]}
			if os.Getenv("CORPUS") == "all" { // every rule: a minute
				picked = entries
			}
			for _, e := range picked {
				change := requirePlan(t, book, Delete{Address: book.Address(e.Ref)})
				requireNoLines(t, book.Diff(change), "+")
				if content := change.Files["prometheus/"+path]; content != nil {
					requireInsertion(t, content, book.file("prometheus", path).content)
					requireOnlyNew(t, book.With(change.Files), Change{Ruler: "prometheus", Files: map[string][]byte{"prometheus/" + path: book.file("prometheus", path).content}}, e.Ref)
				} else if len(entries) != 1 {
					t.Errorf("deleting one of %d rules removes the file", len(entries))
				}
			}
		})
	}
}

// shortHash returns the hash in the name of a change's only file.
func shortHash(change Change) string {
	path := strings.TrimSuffix(sortedKeys(change.Files)[0], ".yaml")
	return path[strings.LastIndexByte(path, '-')+1:]
}

// requirePlan plans an intent and checks the result as the applier does.
func requirePlan(t *testing.T, book *Book, intent Intent) Change {
	t.Helper()
	change, err := intent.Plan(book)
	if err != nil {
		t.Fatalf("%+v: %v", intent, err)
	}
	if err := book.With(change.Files).Check(change.Ruler, book); err != nil {
		t.Fatalf("%+v plans what the check refuses: %v", intent, err)
	}
	return change
}

// requireOnlyNew fails the test unless a change leaves all rules of book as they are written and adds those at refs.
func requireOnlyNew(t *testing.T, book *Book, change Change, refs ...Ref) {
	t.Helper()
	texts := func(b *Book) map[string]int {
		count := map[string]int{}
		for path := range change.Files {
			path, _ = strings.CutPrefix(path, change.Ruler+"/")
			if f := b.file(change.Ruler, path); f != nil {
				for _, source := range f.sources() {
					count[source]++
				}
			}
		}
		return count
	}
	after := book.With(change.Files)
	want := texts(book)
	for _, ref := range refs {
		e, ok := after.Get(ref)
		if !ok {
			t.Fatalf("%+v is not there", ref)
		}
		want[e.Source]++
	}
	if got := texts(after); !maps.Equal(got, want) {
		t.Errorf("other rules changed: got %v, want %v", got, want)
	}
}
