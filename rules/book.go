package rules

import (
	"crypto/sha1" //nolint:gosec // Git's name for content, not a protection
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Book is the rule files of a rulebook at one revision, parsed and checked. It is immutable, and shares what it has in common with the
// books that it was made from and that were made from it.
type Book struct {
	revision string
	mixed    bool // some files are not as that revision has them, but as another one
	tree     Tree // that it was read from; nil when it was planned or is empty
	rulers   []RulerInfo
	shelves  []shelf               // of the rulers, in their order
	aside    map[string]*asideFile // path in the rulebook → the file of a paused rule
	names    *nameIndex
	crowds   crowds
	read     *readFiles
	branch   *Book // the same without what it was lent; nil where it was lent nothing. See lending
	shown    *Book // of one that was lent rules, to be planned with: the one to be shown
}

// Entry is one rule with its place.
type Entry struct {
	Ref         Ref
	Rule        Rule
	GroupLabels map[string]string // of its group: the ruler adds them where the rule has no label of that name
	Source      string            // the rule as its file writes it, with its leading comments, dedented
	Interval    time.Duration     // of its group; 0 when the group leaves it to the ruler
	Limit       int               // of its group: how many alerts or series the rule may make; 0 for no limit
	Settings    []Field           // all that its group says for its rules: "group interval", "group label team"
	Line        int               // of its file, from 1
	Held        bool              // this is live as the last good state has it: the branch has it otherwise or no more, and is held; see Applier.Book
	Pushed      bool              // the branch has it, and its file is held: it is not live
}

// NewBook returns the book of an empty rulebook that has these rulers.
func NewBook(rulers []RulerInfo) *Book {
	return &Book{rulers: slices.Clone(rulers), shelves: make([]shelf, len(rulers)), names: &nameIndex{}, read: &readFiles{}}
}

// At returns the book of tree. What b has of it already is taken over with its verdicts: a change costs the changed files, not the tree,
// where the tree can tell what differs (see Differ). An error is the tree's, as kind Unavailable.
func (b *Book) At(tree Tree) (*Book, error) {
	differ, aside, err := b.differing(tree)
	if err != nil {
		return nil, unreadable(err)
	}
	files, err := b.read.all(differ, tree.Read)
	if err != nil {
		return nil, unreadable(err)
	}
	changes := make([]map[string]*file, len(b.rulers))
	for i, at := range differ {
		put(changes, at.ruler, at.relative, files[i])
	}
	next := b.with(changes)
	if next.aside, err = b.asideOf(tree, aside); err != nil {
		return nil, unreadable(err)
	}
	next.revision, next.tree = tree.Revision(), tree
	return next, nil
}

// differing returns the rule files that a tree has otherwise than b, and of those of paused rules path → content id.
func (b *Book) differing(tree Tree) (differ []fileAt, aside map[string]string, err error) {
	if t, ok := tree.(Differ); ok && b.tree != nil {
		if differ, err := t.Differing(b.tree); err == nil {
			return b.places(differ), differ, nil
		}
		// They are not of one store, or b's is gone; what the tree itself says is still true.
	}
	for i, ruler := range b.rulers {
		list, err := tree.List(ruler.Dir)
		if err != nil {
			return nil, nil, err
		}
		for path, id := range list {
			if relative, ok := b.relative(ruler, path); ok && b.shelves[i].id(relative) != id {
				differ = append(differ, fileAt{i, ruler.Dialect, path, relative, id})
			}
		}
		for _, f := range b.shelves[i] {
			if path := b.pathIn(i, f.path); list[path] == "" {
				differ = append(differ, fileAt{i, ruler.Dialect, path, f.path, ""})
			}
		}
	}
	aside, err = b.differingAside(tree)
	return differ, aside, err
}

// With returns the book as it will be when these files are written (path in the rulebook → content, nil removes).
func (b *Book) With(files map[string][]byte) *Book {
	changes := make([]map[string]*file, len(b.rulers))
	aside := b.aside
	for path, content := range files {
		switch {
		case !isPaused(path):
		case content == nil:
			aside = withAside(aside, path, nil)
		default:
			aside = withAside(aside, path, b.readAside(path, plannedID(content), content))
		}
		for i, ruler := range b.rulers {
			relative, ok := b.relative(ruler, path)
			switch {
			case !ok:
			case content == nil:
				put(changes, i, relative, nil)
			default:
				put(changes, i, relative, b.read.file(plannedID(content), ruler.Dialect, content))
			}
		}
	}
	next := b.with(changes)
	next.aside = aside
	return next
}

func put(changes []map[string]*file, ruler int, path string, f *file) {
	if changes[ruler] == nil {
		changes[ruler] = map[string]*file{}
	}
	changes[ruler][path] = f
}

// with returns the book with other files: for each ruler, path → file, nil for none.
func (b *Book) with(changes []map[string]*file) *Book {
	next := &Book{rulers: b.rulers, shelves: slices.Clone(b.shelves), aside: b.aside, read: b.read}
	edit := b.names.edit()
	for i, files := range changes {
		shelved := make(map[string]*shelved, len(files))
		for path, f := range files {
			shelved[path] = nil
			if f != nil {
				shelved[path] = b.shelve(i, path, f)
			}
			edit.replace(shelfPlace{i, path}, b.shelves[i].get(path), shelved[path])
		}
		if len(files) > 0 {
			next.shelves[i] = b.shelves[i].with(shelved)
		}
	}
	next.names = edit.done()
	return next
}

func unreadable(cause error) *Error {
	return &Error{Kind: Unavailable, Offset: -1, Text: "The rulebook could not be read.", Cause: cause}
}

// plannedID is the content id that Git will give a file (SHA-1): the verdict on what was planned serves for what was committed. Where the
// rulebook counts otherwise, the file is read once more.
func plannedID(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// Revision returns the commit's full hash; "" for a planned or empty book.
func (b *Book) Revision() string { return b.revision }

// Rulers returns the configured rulers in the order of the configuration.
func (b *Book) Rulers() []RulerInfo { return slices.Clone(b.rulers) }

// ruler returns the ruler with this name, and whether there is one.
func (b *Book) ruler(name string) (RulerInfo, bool) {
	i := slices.IndexFunc(b.rulers, func(r RulerInfo) bool { return r.Name == name })
	if i < 0 {
		return RulerInfo{}, false
	}
	return b.rulers[i], true
}

// Entries returns every rule of one ruler ("" = of all) in the order of ruler, path, group and place.
func (b *Book) Entries(ruler string) []Entry {
	return b.entries(ruler, func(*shelved) bool { return true })
}

// liveEntries returns the rules of one ruler that are published: those of good files.
func (b *Book) liveEntries(ruler string) []Entry {
	return b.entries(ruler, func(f *shelved) bool { return len(f.bad) == 0 })
}

// liveFiles counts the files of one ruler that are published: the good ones.
func (b *Book) liveFiles(ruler string) int {
	n := 0
	for _, f := range b.shelf(ruler) {
		if len(f.bad) == 0 {
			n++
		}
	}
	return n
}

func (b *Book) entries(ruler string, wanted func(*shelved) bool) []Entry {
	var entries []Entry
	for i, shelf := range b.shelves {
		if ruler != "" && b.rulers[i].Name != ruler {
			continue
		}
		for _, f := range shelf {
			if wanted(f) {
				entries = append(entries, f.entries...)
			}
		}
	}
	return entries
}

// size returns how many rules there are.
func (b *Book) size() (n int) {
	for _, shelf := range b.shelves {
		for _, f := range shelf {
			n += len(f.entries)
		}
	}
	return n
}

// RuleFiles returns what the ruler is to read, sorted by path.
func (b *Book) RuleFiles(ruler string) []RuleFile {
	shelf := b.shelf(ruler)
	files := make([]RuleFile, len(shelf))
	for i, f := range shelf {
		files[i] = RuleFile{Path: f.path, ID: f.file.id, Content: f.file.content, Bad: len(f.bad) > 0}
	}
	return files
}

// only returns the book without a ruler's files at other paths than these, which are sorted.
func (b *Book) only(ruler string, paths []string) *Book {
	others := map[string][]byte{}
	for _, f := range b.shelf(ruler) {
		if _, found := slices.BinarySearch(paths, f.path); !found {
			others[b.rulebookPath(Ref{Ruler: ruler, Path: f.path})] = nil
		}
	}
	return b.With(others)
}

// shelf returns the files of one ruler.
func (b *Book) shelf(ruler string) shelf {
	for i, r := range b.rulers {
		if r.Name == ruler {
			return b.shelves[i]
		}
	}
	return nil
}

// file returns a ruler's file at a path relative to its directory; nil when there is none.
func (b *Book) file(ruler, path string) *file {
	if f := b.shelf(ruler).get(path); f != nil {
		return f.file
	}
	return nil
}

// content returns the bytes of the rule file at a path in the rulebook, and whether b has one.
func (b *Book) content(path string) ([]byte, bool) {
	for i, ruler := range b.rulers {
		if relative, ok := b.relative(ruler, path); ok {
			if f := b.shelves[i].get(relative); f != nil {
				return f.file.content, true
			}
		}
	}
	return nil, false
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
