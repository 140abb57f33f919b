package rules

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
)

// nameIndex tells which files have rules of a name. It is never changed: an edit copies the few of its parts that it touches.
type nameIndex struct {
	parts [256]map[string][]shelfPlace // name → files in the order of ruler and path
}

// shelfPlace is where a file stands: it says no more, so that a file that changes is where it was for all names that it keeps.
type shelfPlace struct {
	ruler int // of Book.rulers
	path  string
}

var nameSeed = maphash.MakeSeed()

func partOf(name string) int { return int(maphash.String(nameSeed, name) % 256) }

// files returns the files that have a rule of this name, in the order of ruler and path.
func (x *nameIndex) files(name string) []shelfPlace { return x.parts[partOf(name)][name] }

// all returns every name, sorted.
func (x *nameIndex) all() []string {
	var names []string
	for i := range x.parts {
		for name := range x.parts[i] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// nameEdit makes an index of another one.
type nameEdit struct {
	next *nameIndex
	own  [256]bool // which parts of next are not shared with the index before
}

func (x *nameIndex) edit() *nameEdit {
	next := *x
	return &nameEdit{next: &next}
}

// done returns the new index.
func (e *nameEdit) done() *nameIndex { return e.next }

// replace takes a file out and puts another in at its place; nil is none.
func (e *nameEdit) replace(at shelfPlace, old, now *shelved) {
	had, has := old.names(), now.names()
	for name := range had {
		if has[name] {
			continue
		}
		part := e.part(name)
		if part[name] = slices.DeleteFunc(slices.Clone(part[name]), func(p shelfPlace) bool { return p == at }); len(part[name]) == 0 {
			delete(part, name)
		}
	}
	for name := range has {
		if had[name] {
			continue
		}
		part := e.part(name)
		i, _ := slices.BinarySearchFunc(part[name], at, func(a, b shelfPlace) int {
			return cmp.Or(cmp.Compare(a.ruler, b.ruler), strings.Compare(a.path, b.path))
		})
		part[name] = slices.Insert(slices.Clip(part[name]), i, at)
	}
}

// part returns the part that has a name, to be changed.
func (e *nameEdit) part(name string) map[string][]shelfPlace {
	i := partOf(name)
	if !e.own[i] {
		shared := e.next.parts[i]
		e.next.parts[i] = make(map[string][]shelfPlace, len(shared)+1)
		maps.Copy(e.next.parts[i], shared)
		e.own[i] = true
	}
	return e.next.parts[i]
}

// names returns the names of a file's rules.
func (s *shelved) names() map[string]bool {
	names := map[string]bool{}
	if s != nil {
		for _, entry := range s.entries {
			names[entry.Ref.Name] = true
		}
	}
	return names
}
