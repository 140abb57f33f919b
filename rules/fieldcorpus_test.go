package rules

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// linesBetween returns the lines that one text has in place of another's, between those that both begin and end with.
func linesBetween(was, is string) (gone, came []string) {
	gone, came = strings.SplitAfter(was, "\n"), strings.SplitAfter(is, "\n")
	for len(gone) > 0 && len(came) > 0 && gone[0] == came[0] {
		gone, came = gone[1:], came[1:]
	}
	for len(gone) > 0 && len(came) > 0 && gone[len(gone)-1] == came[len(came)-1] {
		gone, came = gone[:len(gone)-1], came[:len(came)-1]
	}
	return gone, came
}

// Every rule that people have written gets another field, one at a time: one line changes or comes, and every other byte stays. What cannot be
// edited so is refused, and rare.
func TestFieldsOfTheCorpusAreEditedAlone(t *testing.T) {
	t.Parallel()
	files := corpus(t)
	seven, twice := 7*time.Minute, 7*time.Minute+30*time.Second
	edited, refused := 0, 0
	for _, path := range sortedKeys(files) {
		book := bookOf(t, memoryTree{path: files[path]})
		if len(book.Problems()) > 0 {
			continue
		}
		for _, entry := range book.Entries("") {
			a := Alteration{Options: Options{For: &seven}}
			if entry.Rule.For == seven {
				a.Options.For = &twice
			}
			if entry.Rule.Record != "" {
				a = Alteration{Options: Options{Labels: map[string]string{"alertsmith_test": "x"}}}
			}
			change, err := Edit{Address: book.Address(entry.Ref), Alteration: a}.Plan(book)
			if err != nil {
				if KindOf(err) != Conflict {
					t.Fatalf("%s: %s: %v", path, entry.Ref.Name, err)
				}
				refused++
				continue
			}
			edited++
			gone, came := linesBetween(files[path], string(change.Files[path]))
			most := 1
			if entry.Rule.Record != "" && len(entry.Rule.Labels) == 0 {
				most = 2 // labels: and the label
			}
			if len(change.Files) != 1 || len(gone) > 1 || len(came) > most || slices.Equal(gone, came) {
				t.Errorf("%s: %s: more than its field changed:\n-%s+%s", path, entry.Ref.Name, strings.Join(gone, "-"), strings.Join(came, "+"))
			}
		}
	}
	t.Logf("%d rules edited, %d refused", edited, refused)
	if edited < 900 || refused*20 > edited {
		t.Errorf("%d rules were edited, %d refused", edited, refused)
	}
}
