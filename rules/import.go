package rules

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// Import adopts rule files that exist already as one commit, byte for byte.
type Import struct {
	Ruler  string
	Files  map[string][]byte // path relative to the ruler's directory in the rulebook → content
	Reason string
}

// Adoption says of each file of an Import what becomes of it. Paths are those in the rulebook, sorted.
type Adoption struct {
	New     []string  // is imported
	Same    []string  // is in the rulebook already, with these bytes
	Differ  []string  // is in the rulebook with other bytes: nothing at all is imported then
	NotOurs []string  // is none of the ruler's files, by their patterns or because of another ruler's directory; left out
	Bad     []Problem // what is wrong with files that are left out, by path and line
}

// Action returns "import".
func (Import) Action() string { return "import" }

// Sort says what becomes of each file. It fails with kind NotFound when there is no such ruler.
func (i Import) Sort(book *Book) (Adoption, error) {
	var a Adoption
	ruler, ok := book.ruler(i.Ruler)
	if !ok {
		e := &Error{Kind: NotFound, Field: "ruler", Offset: -1, Text: fmt.Sprintf("There is no ruler %q.", i.Ruler)}
		e.Fixes = rulerNames(book.rulers)
		return a, e
	}
	files := map[string][]byte{}
	for relative, content := range i.Files {
		files[book.rulebookPath(Ref{Ruler: i.Ruler, Path: relative})] = content
	}
	planned := book.With(files)
	for _, path := range sortedKeys(files) {
		relative, ours := book.relative(ruler, path)
		if !ours {
			a.NotOurs = append(a.NotOurs, path)
			continue
		}
		old, exists := book.content(path)
		problems := planned.shelf(i.Ruler).get(relative).bad
		switch {
		case exists && bytes.Equal(old, files[path]):
			a.Same = append(a.Same, path)
		case exists:
			a.Differ = append(a.Differ, path)
		case len(problems) > 0:
			a.Bad = append(a.Bad, problems...)
		default:
			a.New = append(a.New, path)
		}
	}
	return a, nil
}

// Plan implements Intent. What is good and new is imported, the rest left out; Sort says which that is.
func (i Import) Plan(book *Book) (Change, error) {
	a, err := i.Sort(book)
	if err != nil {
		return Change{}, err
	}
	if len(a.Differ) > 0 {
		e := conflict("", "%d of the files are in the rulebook already, with other contents: %s. Nothing was imported. Move them away, or make them equal.",
			len(a.Differ), firstOf(a.Differ))
		for _, path := range a.Differ {
			e.Problems = append(e.Problems, Problem{Path: path, Text: "the rulebook has this file with another content"})
		}
		return Change{}, e
	}
	if len(a.New) == 0 {
		return Change{}, conflict("", "There is nothing to import: %d files are in the rulebook already, and the others are left out.", len(a.Same))
	}
	change := Change{Ruler: i.Ruler, Files: map[string][]byte{}, Reason: i.Reason}
	directory := book.rulebookPath(Ref{Ruler: i.Ruler})
	for _, path := range a.New {
		change.Files[path] = i.Files[strings.TrimPrefix(path, directory)]
	}
	for _, e := range book.With(change.Files).Entries(i.Ruler) {
		if _, taken := change.Files[book.rulebookPath(e.Ref)]; taken {
			change.Refs = append(change.Refs, e.Ref)
		}
	}
	files := "rule files"
	if len(a.New) == 1 {
		files = "rule file"
	}
	change.Subject = fmt.Sprintf("import %d %s for %s", len(a.New), files, i.Ruler)
	return change, nil
}

// firstOf returns the first few of many names.
func firstOf(names []string) string {
	const most = 5
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// maxDiffedFiles is up to how many new files a journal page shows line by line: what a whole repository says is in the repository.
const maxDiffedFiles = 20

// Import commits an import without bringing it to its ruler: the service that starts next does that, as with whatever it finds in the
// rulebook. So the outcome's State is empty.
func (a *Applier) Import(ctx context.Context, req Request, intent Import) Outcome {
	out := Outcome{Action: intent.Action(), Why: intent.Reason, Ruler: intent.Ruler}
	tree, err := a.Store.Update(ctx, func(tree Tree) (Commit, error) {
		book, err := a.bookAt(tree)
		if err != nil {
			return Commit{}, err
		}
		p, err := plan(book, intent)
		if err != nil {
			return Commit{}, err
		}
		change := p.change
		diff := ""
		if len(change.Files) <= maxDiffedFiles {
			diff = book.Diff(change)
		}
		out.Refs, out.Diff = change.Refs, diff
		return a.compose(tree, req, intent.Action(), planned{change: change}, diff)
	})
	if err != nil {
		return failed(out, err)
	}
	out.Result, out.Revision = Success, tree.Revision()
	return out
}
