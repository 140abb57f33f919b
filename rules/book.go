package rules

import (
	"bytes"
	"cmp"
	"crypto/sha1" //nolint:gosec // Git's name for content, not a protection
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// Book is the rule files of a rulebook at one revision, parsed and checked. It is immutable.
type Book struct {
	revision string
	rulers   []RulerInfo
	files    map[string]map[string]*file // ruler → path relative to its directory → file
	index    func() *index               // made when it is first asked for
}

// Entry is one rule with its place.
type Entry struct {
	Ref         Ref
	Rule        Rule
	GroupLabels map[string]string // of its group: the ruler adds them where the rule has no label of that name
	Source      string            // the rule as its file writes it, with its leading comments, dedented
	Interval    time.Duration     // of its group; 0 when the group leaves it to the ruler
	Line        int               // of its file, from 1
}

// NewBook returns the book of an empty rulebook that has these rulers.
func NewBook(rulers []RulerInfo) *Book {
	files := map[string]map[string]*file{}
	for _, r := range rulers {
		files[r.Name] = map[string]*file{}
	}
	return newBook("", slices.Clone(rulers), files)
}

func newBook(revision string, rulers []RulerInfo, files map[string]map[string]*file) *Book {
	b := &Book{revision: revision, rulers: rulers, files: files}
	b.index = sync.OnceValue(b.makeIndex)
	return b
}

// At returns the book of tree. Files whose content id b knows already are taken over with their verdicts, so that a change
// costs the changed files, not the tree. An error is the tree's, as kind Unavailable.
func (b *Book) At(tree Tree) (*Book, error) {
	known := b.known()
	files := map[string]map[string]*file{}
	for _, ruler := range b.rulers {
		list, err := tree.List(ruler.Dir)
		if err != nil {
			return nil, unreadable(err)
		}
		mine := make(map[string]*file, len(b.files[ruler.Name]))
		for path, id := range list {
			relative, ok := b.relative(ruler, path)
			if !ok {
				continue
			}
			f := known[fileKey{id, ruler.Dialect}]
			if f == nil {
				content, err := tree.Read(path)
				if err != nil {
					return nil, unreadable(err)
				}
				f = readFile(id, ruler.Dialect, content)
				known[fileKey{id, ruler.Dialect}] = f
			}
			mine[relative] = f
		}
		files[ruler.Name] = mine
	}
	return newBook(tree.Revision(), b.rulers, files), nil
}

// fileKey is what a verdict depends on.
type fileKey struct {
	id      string
	dialect expr.Dialect
}

// known returns the files that b has read.
func (b *Book) known() map[fileKey]*file {
	known := map[fileKey]*file{}
	for _, files := range b.files {
		for _, f := range files {
			known[fileKey{f.id, f.dialect}] = f
		}
	}
	return known
}

func unreadable(cause error) *Error {
	return &Error{Kind: Unavailable, Offset: -1, Text: "The rulebook could not be read.", Cause: cause}
}

// With returns the book as it will be when these files are written (path in the rulebook → content, nil removes).
func (b *Book) With(files map[string][]byte) *Book {
	planned := maps.Clone(b.files)
	for _, ruler := range b.rulers {
		cloned := false
		for path, content := range files {
			relative, ok := b.relative(ruler, path)
			if !ok {
				continue
			}
			if !cloned {
				planned[ruler.Name] = maps.Clone(b.files[ruler.Name])
				cloned = true
			}
			if content == nil {
				delete(planned[ruler.Name], relative)
				continue
			}
			planned[ruler.Name][relative] = readFile(plannedID(content), ruler.Dialect, content)
		}
	}
	return newBook("", b.rulers, planned)
}

// plannedID is the content id that Git will give a file (SHA-1): the verdict on what was planned serves for what was committed. Where the
// rulebook counts otherwise, the file is read once more.
func plannedID(content []byte) string {
	sum := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(content)), content...)) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

// relative returns where a rule file stands below a ruler's directory; false when it is not the ruler's: when it is not below
// that directory, is below another ruler's that lies in it, is no rule file, or is not taken by the ruler's patterns.
func (b *Book) relative(ruler RulerInfo, path string) (string, bool) {
	relative, ok := below(ruler.Dir, path)
	if !ok || !isRuleFile(relative) {
		return "", false
	}
	for _, other := range b.rulers {
		if _, nested := below(ruler.Dir, other.Dir); nested {
			if _, theirs := below(other.Dir, path); theirs {
				return "", false
			}
		}
	}
	return relative, b.claims(ruler, relative)
}

// claims reports whether a ruler's patterns take a rule file below its directory, and those of no ruler that has the same directory
// and is configured before it.
func (b *Book) claims(ruler RulerInfo, relative string) bool {
	for _, other := range b.rulers {
		if other.Name == ruler.Name {
			break
		}
		if other.Dir == ruler.Dir && other.Files.Match(relative) {
			return false
		}
	}
	return ruler.Files.Match(relative)
}

// below returns the rest of a path below a directory; dir "" is the root.
func below(dir, path string) (string, bool) {
	if dir == "" {
		return path, path != ""
	}
	return strings.CutPrefix(path, dir+"/")
}

// Check returns nil when every file of the ruler that is wrong in b was wrong, with the same content, in before already;
// else an *Error of kind Invalid that lists every new problem.
func (b *Book) Check(ruler string, before *Book) error {
	var problems []Problem
	for _, path := range sortedKeys(b.files[ruler]) {
		old := before.files[ruler][path]
		if f := b.files[ruler][path]; old == nil || old != f && !bytes.Equal(old.content, f.content) {
			problems = append(problems, b.problemsOf(ruler, path)...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	text := fmt.Sprintf("%s would not take %s: %s", ruler, place(problems[0]), sentence(problems[0].Text))
	if len(problems) > 1 {
		text += fmt.Sprintf(" There are %d more problems.", len(problems)-1)
	}
	return &Error{Kind: Invalid, Offset: -1, Text: text, Problems: problems}
}

// place returns where a problem is, for a person.
func place(p Problem) string {
	if p.Line == 0 {
		return p.Path
	}
	return fmt.Sprintf("%s, line %d", p.Path, p.Line)
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

// problemsOf returns what is wrong with one file.
func (b *Book) problemsOf(ruler, path string) []Problem {
	var problems []Problem
	for _, p := range slices.Concat(b.pathProblems(ruler, path), b.files[ruler][path].problems) {
		problems = append(problems, Problem{Path: b.rulebookPath(Ref{Ruler: ruler, Path: path}), Line: p.Line, Column: p.Column, Text: p.Text})
	}
	return problems
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

// Problems returns what is wrong with any file, by path and line.
func (b *Book) Problems() []Problem {
	var problems []Problem
	for _, ruler := range b.rulers {
		for path := range b.files[ruler.Name] {
			problems = append(problems, b.problemsOf(ruler.Name, path)...)
		}
	}
	slices.SortStableFunc(problems, func(p, q Problem) int {
		return cmp.Or(strings.Compare(p.Path, q.Path), p.Line-q.Line, p.Column-q.Column)
	})
	return problems
}

// Entries returns every rule of one ruler ("" = of all) in the order of ruler, path, group and place.
func (b *Book) Entries(ruler string) []Entry {
	entries := b.index().entries
	if ruler == "" {
		return slices.Clone(entries)
	}
	var mine []Entry
	for _, e := range entries {
		if e.Ref.Ruler == ruler {
			mine = append(mine, e)
		}
	}
	return mine
}

// liveEntries returns the rules of one ruler that are published: those of good files.
func (b *Book) liveEntries(ruler string) []Entry {
	return slices.DeleteFunc(b.Entries(ruler), func(e Entry) bool { return b.bad(ruler, e.Ref.Path) })
}

// bad reports whether a file has problems.
func (b *Book) bad(ruler, path string) bool {
	return len(b.files[ruler][path].problems) > 0 || len(b.pathProblems(ruler, path)) > 0
}

// RuleFiles returns what the ruler is to read, sorted by path.
func (b *Book) RuleFiles(ruler string) []RuleFile {
	files := make([]RuleFile, 0, len(b.files[ruler]))
	for _, path := range sortedKeys(b.files[ruler]) {
		f := b.files[ruler][path]
		files = append(files, RuleFile{Path: path, ID: f.id, Content: f.content, Bad: b.bad(ruler, path)})
	}
	return files
}

// content returns the bytes of the rule file at a path in the rulebook, and whether b has one.
func (b *Book) content(path string) ([]byte, bool) {
	for _, ruler := range b.rulers {
		if relative, ok := b.relative(ruler, path); ok {
			if f := b.files[ruler.Name][relative]; f != nil {
				return f.content, true
			}
		}
	}
	return nil, false
}

// rulebookPath returns where the ref's file is in the rulebook: the ruler's directory and the path in it.
func (b *Book) rulebookPath(ref Ref) string {
	if ruler, ok := b.ruler(ref.Ruler); ok && ruler.Dir != "" {
		return ruler.Dir + "/" + ref.Path
	}
	return ref.Path
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
