package gitsync

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/object"
)

// entries is what a directory has. Git's own programs write neither a name twice nor one that is not readable; whoever writes the objects
// himself can. Whatever reads a directory reads the same of it: two entries that one path leads to would be taken for one another.
type entries struct {
	all  []object.TreeEntry // as they stand there
	read []object.TreeEntry // without names that are not readable, and of a name that stands there twice the first, as `git show` has it; nearly always all
	odd  int                // of all, the first that Git's order has before the one that it stands behind; 0 for none
	rise bool               // each name is greater than the last
}

func newEntries(all []object.TreeEntry) entries {
	for i, e := range all {
		// No name can stand in a list twice in which each is greater than the last. Git's order is nearly that one: it takes a directory's name
		// with a slash at its end.
		if !readable(e.Name) || i > 0 && e.Name <= all[i-1].Name {
			return entries{all, onlyRead(all), odd(all), false}
		}
	}
	return entries{all, all, 0, true}
}

// odd returns where an entry stands that Git's order has before the one that it stands behind; 0 for none.
func odd(all []object.TreeEntry) int {
	order := object.TreeEntrySorter(all)
	for i := range all {
		if i > 0 && order.Less(i, i-1) {
			return i
		}
	}
	return 0
}

// find returns the entry that is read under a name, and whether there is one.
func (e entries) find(name string) (object.TreeEntry, bool) {
	var i int
	var found bool
	if e.rise {
		i, found = slices.BinarySearchFunc(e.read, name, func(e object.TreeEntry, name string) int { return strings.Compare(e.Name, name) })
	} else {
		i = slices.IndexFunc(e.read, func(e object.TreeEntry) bool { return e.Name == name })
		found = i >= 0
	}
	if !found {
		return object.TreeEntry{}, false
	}
	return e.read[i], true
}

// onlyRead returns the entries that are read.
func onlyRead(all []object.TreeEntry) []object.TreeEntry {
	read := make([]object.TreeEntry, 0, len(all))
	names := make(map[string]bool, len(all))
	for _, e := range all {
		if readable(e.Name) && !names[e.Name] {
			read, names[e.Name] = append(read, e), true
		}
	}
	return read
}

// readable reports whether a name in a tree can be an honest file's: valid UTF-8, no control character, no separator,
// neither "." nor "..". Git's own index refuses most of the others, but a repository can be written without Git.
func readable(name string) bool {
	if name == "" || name == "." || name == ".." {
		return false
	}
	for i := range len(name) {
		switch c := name[i]; {
		case c < ' ' || c == '/' || c == '\\' || c == 0x7f:
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(name) && !strings.ContainsAny(name, `/\`) && !strings.ContainsFunc(name, unicode.IsControl)
		}
	}
	return true
}
