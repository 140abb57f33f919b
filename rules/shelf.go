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
	// Which entries are of a group and a name, and which groups have a name: a file may have ten thousand rules, of one name too.
	places map[inGroup][]int
	groups map[string][]string
	bad    []Problem // what is wrong with it, or with its path; it is not published then
}

// inGroup is what the rules of one name in one group are found by.
type inGroup struct{ group, name string }

// shelve puts a file in its place.
func (b *Book) shelve(ruler int, path string, f *file) *shelved {
	s := &shelved{file: f, ruler: ruler, path: path, places: map[inGroup][]int{}, groups: map[string][]string{}}
	for _, p := range slices.Concat(b.pathProblems(b.rulers[ruler].Name, path), f.problems) {
		s.bad = append(s.bad, Problem{Path: b.pathIn(ruler, path), Line: p.Line, Column: p.Column, Text: p.Text})
	}
	for _, g := range f.groups {
		settings := g.fields()
		for _, r := range g.Rules {
			place := inGroup{g.Name, r.Name()}
			before := s.places[place] // also those of another group of this name, which a bad file may have
			if len(before) == 0 {
				s.groups[place.name] = append(s.groups[place.name], place.group)
			}
			s.places[place] = append(before, len(s.entries))
			ref := Ref{Ruler: b.rulers[ruler].Name, Path: path, Group: place.group, Name: place.name, Nth: len(before) + 1}
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
	for _, i := range s.at(inGroup{ref.Group, ref.Name}, ref.Nth) {
		if ref.Nth != 0 && s.entries[i].Ref == ref {
			return s.entries[i], true
		}
	}
	return Entry{}, false
}

// at returns which entries are the nth of a name in a group; all of them where nth is 0.
func (s *shelved) at(place inGroup, nth int) []int {
	all := s.places[place]
	switch {
	case nth == 0:
		return all
	case nth > 0 && nth <= len(all):
		return all[nth-1 : nth]
	}
	return nil
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
