package rules

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// asideFile is the file of a paused rule at its place in the rulebook. It is immutable, and books share it.
type asideFile struct {
	Paused
	id      string
	content []byte
	problem string // why it is none, with no more than the Ref where the ruler is the reason; "" when it is well
}

// foreign reports whether the rule is of a ruler that is not configured here: several Alertsmiths may share a rulebook.
func (f *asideFile) foreign() bool { return f.problem != "" && f.Ref.Ruler != "" }

// Paused reports whether this is the place of a rule that is paused: its file below paused/, relative to the rulebook. Such a rule has no other
// in its group.
func (r Ref) Paused() bool { return isPaused(r.Path) }

// FindOrPaused is Find, and finds a rule that is paused as well; it stands in its file below paused/ then.
func (b *Book) FindOrPaused(address string) (Entry, error) {
	entry, err := b.Find(address)
	if KindOf(err) != NotFound {
		return entry, err
	}
	p, pausedErr := b.FindPaused(address)
	if pausedErr == nil || KindOf(pausedErr) == Conflict {
		return p.entry, pausedErr
	}
	return entry, err
}

// pausedAt returns the rule that stands at the place of a paused one.
func (b *Book) pausedAt(ref Ref) (Paused, bool) {
	at := b.aside[ref.Path]
	if at == nil || at.problem != "" || at.entry.Ref != ref {
		return Paused{}, false
	}
	return at.Paused, true
}

// addressAside returns the shortest address by which FindOrPaused finds a paused rule.
func (b *Book) addressAside(p Paused) string {
	for _, address := range p.addresses() {
		if found, err := b.FindOrPaused(address); err == nil && found.Ref == p.entry.Ref {
			return address
		}
	}
	return p.Address()
}

// readAside reads the file of a paused rule.
func (b *Book) readAside(path, id string, content []byte) *asideFile {
	at := &asideFile{id: id, content: content}
	at.Paused, at.problem = b.readPaused(path, content)
	return at
}

// asideOf returns the files of paused rules of a tree, given which of them it has otherwise than b: path → content id, "" for none.
func (b *Book) asideOf(tree Tree, differ map[string]string) (map[string]*asideFile, error) {
	next := maps.Clone(b.aside)
	for path, id := range differ {
		if !isPaused(path) {
			continue
		}
		if id == "" {
			delete(next, path)
			continue
		}
		if next == nil {
			next = map[string]*asideFile{}
		}
		content, err := tree.Read(path)
		switch {
		case errors.Is(err, ErrTooLarge):
			next[path] = &asideFile{id: id, problem: fmt.Sprintf("the file is too large to be read; at most %d bytes are allowed", expr.MaxFile)}
		case err != nil:
			return nil, err
		default:
			next[path] = b.readAside(path, id, content)
		}
	}
	return next, nil
}

// differingAside returns which files of paused rules a tree has otherwise than b.
func (b *Book) differingAside(tree Tree) (map[string]string, error) {
	listed, err := tree.List(strings.TrimSuffix(pausedDir, "/"))
	if err != nil {
		return nil, err
	}
	differ := map[string]string{}
	for path, id := range listed {
		if at := b.aside[path]; isPaused(path) && (at == nil || at.id != id) {
			differ[path] = id
		}
	}
	for path := range b.aside {
		if listed[path] == "" {
			differ[path] = ""
		}
	}
	return differ, nil
}

// withAside returns the files with another one at a path; nil is none.
func withAside(files map[string]*asideFile, path string, at *asideFile) map[string]*asideFile {
	next := make(map[string]*asideFile, len(files)+1)
	maps.Copy(next, files)
	if next[path] = at; at == nil {
		delete(next, path)
	}
	return next
}

// asideProblems returns what is wrong with the files of paused rules, by their paths: those are not resumed.
func (b *Book) asideProblems() (problems []Problem) {
	for _, path := range sortedKeys(b.aside) {
		if text := b.aside[path].problem; text != "" {
			problems = append(problems, Problem{Path: path, Text: text})
		}
	}
	return problems
}

// sameAside reports whether two books have the same in the file of a paused rule.
func sameAside(a, b *Book, path string) bool {
	one, other := a.aside[path], b.aside[path]
	return one == other || one != nil && other != nil && bytes.Equal(one.content, other.content)
}

// asideContent returns what stands in the file of a paused rule; nil when there is none.
func (b *Book) asideContent(path string) []byte {
	if at := b.aside[path]; at != nil {
		return at.content
	}
	return nil
}

// aside takes over to the newest book which rules one book has paused and another has not.
func (m *merge) aside(files map[string][]byte) {
	for _, path := range slices.Concat(sortedKeys(m.from.aside), sortedKeys(m.to.aside)) {
		switch {
		case sameAside(m.from, m.to, path), sameAside(m.book, m.to, path):
		case sameAside(m.book, m.from, path):
			files[path] = m.to.asideContent(path)
		default:
			m.clash(clash{
				at: Ref{Path: path}, was: string(m.from.asideContent(path)), will: string(m.to.asideContent(path)), now: string(m.book.asideContent(path)),
			})
		}
	}
}

// asideDiffer reports whether two books have other rules of a ruler paused.
func asideDiffer(a, b *Book, ruler string) bool {
	return slices.ContainsFunc(slices.Concat(sortedKeys(a.aside), sortedKeys(b.aside)), func(path string) bool {
		return strings.HasPrefix(path, pausedDir+ruler+"/") && !sameAside(a, b, path)
	})
}

// asideRefs returns the paused rules whose files are written or removed.
func asideRefs(before, after *Book, files map[string][]byte) (refs []Ref) {
	for _, path := range sortedKeys(files) {
		for _, book := range []*Book{after, before} {
			if at := book.aside[path]; at != nil && at.problem == "" {
				refs = append(refs, at.Ref)
				break
			}
		}
	}
	return refs
}

// changedRules returns the rules of a ruler that two books have differently, and whether they are paused ones alone, with which the ruler has nothing
// to do.
func changedRules(before, after *Book, ruler string) (refs []Ref, paused bool) {
	if refs = touched(before, after, ruler); len(refs) > 0 || len(changedPaths(before, after, ruler)) > 0 || !asideDiffer(before, after, ruler) {
		return refs, false
	}
	differ := map[string][]byte{}
	for _, path := range append(sortedKeys(before.aside), sortedKeys(after.aside)...) {
		if strings.HasPrefix(path, pausedDir+ruler+"/") && !sameAside(before, after, path) {
			differ[path] = nil
		}
	}
	return asideRefs(before, after, differ), true
}
