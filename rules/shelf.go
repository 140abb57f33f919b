package rules

import (
	"bytes"
	"slices"
	"strings"
)

// shelf is the rule files of one ruler, sorted by path. It is never changed, so that books can share it: another one is made by copying
// pointers, which costs microseconds for thousands of files.
type shelf []*shelved

// shelved is a rule file at its place. It is immutable.
type shelved struct {
	file    *file
	ruler   int     // of Book.rulers
	path    string  // relative to the ruler's directory
	entries []Entry // its rules in the order of the file
	byRef   map[Ref]int
	bad     []Problem // what is wrong with it, or with its path; it is not published then
}

// shelve puts a file in its place.
func (b *Book) shelve(ruler int, path string, f *file) *shelved {
	s := &shelved{file: f, ruler: ruler, path: path, byRef: map[Ref]int{}}
	for _, p := range slices.Concat(b.pathProblems(b.rulers[ruler].Name, path), f.problems) {
		s.bad = append(s.bad, Problem{Path: b.pathIn(ruler, path), Line: p.Line, Column: p.Column, Text: p.Text})
	}
	count := map[[2]string]int{} // a bad file may have two groups with one name
	for _, g := range f.groups {
		settings := g.fields()
		for _, r := range g.Rules {
			count[[2]string{g.Name, r.Name()}]++
			ref := Ref{Ruler: b.rulers[ruler].Name, Path: path, Group: g.Name, Name: r.Name(), Nth: count[[2]string{g.Name, r.Name()}]}
			s.byRef[ref] = len(s.entries)
			s.entries = append(s.entries, Entry{
				Ref: ref, Rule: r.Rule, GroupLabels: g.Labels, Source: r.source, Interval: g.Interval, Limit: g.Limit, Settings: settings, Line: r.line,
				Held: r.held, Pushed: r.pushed,
			})
		}
	}
	return s
}

// read returns the file as it was read; nil for none.
func (s *shelved) read() *file {
	if s == nil {
		return nil
	}
	return s.file
}

// get returns the file's rule at ref, and whether there is one.
func (s *shelved) get(ref Ref) (Entry, bool) {
	if s == nil {
		return Entry{}, false
	}
	i, ok := s.byRef[ref]
	if !ok {
		return Entry{}, false
	}
	return s.entries[i], true
}

// get returns the file at a path; nil when there is none.
func (s shelf) get(path string) *shelved {
	if i, found := s.find(path); found {
		return s[i]
	}
	return nil
}

// id returns the content id of the file at a path; "" when there is none.
func (s shelf) id(path string) string {
	if f := s.get(path); f != nil {
		return f.file.id
	}
	return ""
}

// find returns where a path is or would be, and whether it is there.
func (s shelf) find(path string) (int, bool) {
	return slices.BinarySearchFunc(s, path, func(f *shelved, path string) int { return strings.Compare(f.path, path) })
}

// with returns the shelf with other files at these paths, nil for none.
func (s shelf) with(changes map[string]*shelved) shelf {
	next := make(shelf, 0, len(s)+len(changes))
	for _, path := range sortedKeys(changes) {
		i, found := s.find(path)
		next = append(next, s[:i]...)
		if f := changes[path]; f != nil {
			next = append(next, f)
		}
		if s = s[i:]; found {
			s = s[1:]
		}
	}
	return append(next, s...)
}

// changedPaths returns the files of a ruler that two books have differently, sorted.
func changedPaths(from, to *Book, ruler string) []string {
	was, is := from.shelf(ruler), to.shelf(ruler)
	var changed []string
	for len(was) > 0 || len(is) > 0 {
		switch {
		case len(is) == 0 || len(was) > 0 && was[0].path < is[0].path:
			changed, was = append(changed, was[0].path), was[1:]
		case len(was) == 0 || is[0].path < was[0].path:
			changed, is = append(changed, is[0].path), is[1:]
		default:
			if !sameContent(was[0].file, is[0].file) {
				changed = append(changed, is[0].path)
			}
			was, is = was[1:], is[1:]
		}
	}
	return changed
}

// sameContent reports whether two files have the same bytes; nil is no file.
func sameContent(a, b *file) bool {
	return a == b || a != nil && b != nil && bytes.Equal(a.content, b.content)
}
