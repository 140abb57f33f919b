package rules

import (
	"slices"
	"testing"
)

// TestAPartlyHeldBookIsNoRevisionThatARulerTook has the hold end while the ruler still reads the book from before.
func TestAPartlyHeldBookIsNoRevisionThatARulerTook(t *testing.T) {
	t.Parallel()
	infos := []RulerInfo{{Name: "prometheus", Dir: "prometheus"}}
	at := func(revision, content string) *Book {
		book := NewBook(infos).With(map[string][]byte{"prometheus/a.yaml": []byte(content)})
		book.revision = revision
		return book
	}
	good, head := at("good", "groups: []\n"), at("head", "groups: [] # other\n")
	var accepted []string
	a := NewApplier(ApplierOptions{Accepted: func(_, revision string) { accepted = append(accepted, revision) }})
	d := &desk{name: "prometheus"}
	kept := head.keeping(good, []heldFile{{0, "a.yaml"}})
	a.accept(d, kept)
	if len(accepted) > 0 || d.accepted != kept {
		t.Errorf("accepted %q", accepted)
	}
	a.accept(d, head.keeping(good, nil))
	if !slices.Equal(accepted, []string{"head"}) {
		t.Errorf("accepted %q, want the head, of which nothing is held", accepted)
	}
}
