package rules

import (
	"slices"
	"strings"
	"sync"
)

// longestForm is the place in forms of the longest address that a rule may have.
const longestForm = 4

// match returns the rules, up to as many as most, that have the address without #N as their shortest form; nth 0 takes every one of a name in a group. It
// takes no longer where a file has many rules, or a name is in many files: all rules are listed by asking for the address of each.
func (b *Book) match(address string, nth, most int) []Entry {
	for form := range longestForm + 1 {
		var found []Entry
		// The name is the whole address in the shortest form, and what stands behind one of its slashes in the others.
		for start := 0; start >= 0; start = nextSlash(address, start) {
			if (start == 0) != (form == 0) {
				continue
			}
			name := address[start:]
			if form == 0 {
				for _, at := range b.names.files(name) {
					if found = append(found, b.shelves[at.ruler].get(at.path).named(name, nth, most-len(found))...); len(found) >= most {
						return found
					}
				}
				continue
			}
			for _, g := range b.groupsOf(name, qualified{form, address[:start-1]}) {
				if found = append(found, b.shelves[g.at.ruler].get(g.at.path).inGroup(inGroup{g.group, name}, nth, most-len(found))...); len(found) >= most {
					return found
				}
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	return nil
}

// qualified is what stands before a name in an address of one form.
type qualified struct {
	form   int
	before string
}

// groupPlace is a group of a file that has a rule of some name.
type groupPlace struct {
	at    shelfPlace
	group string
}

// crowds is what all addresses mean of the names that many files have and somebody asked for.
type crowds struct {
	mu    sync.Mutex
	noted map[string]map[qualified][]groupPlace // by the name
}

// groupsOf returns the groups with a rule of a name that are meant so. Where many files have the name, all that its addresses mean is noted at once.
func (b *Book) groupsOf(name string, q qualified) (groups []groupPlace) {
	files := b.names.files(name)
	const many = 32
	if len(files) > many {
		b.crowds.mu.Lock()
		defer b.crowds.mu.Unlock()
		noted, ready := b.crowds.noted[name]
		if !ready {
			noted = b.qualifiersOf(name, files)
			if b.crowds.noted == nil {
				b.crowds.noted = map[string]map[qualified][]groupPlace{}
			}
			b.crowds.noted[name] = noted
		}
		return noted[q]
	}
	for _, at := range files {
		parts, is := qualifier(q.form, b.rulers[at.ruler].Name, at.path)
		group := q.before
		for _, part := range parts {
			if is {
				group, is = strings.CutPrefix(group, part)
			}
		}
		if is {
			groups = append(groups, groupPlace{at, group})
		}
	}
	return groups
}

// qualifiersOf returns what is meant by each that may stand before a name.
func (b *Book) qualifiersOf(name string, files []shelfPlace) map[qualified][]groupPlace {
	all := map[qualified][]groupPlace{}
	for _, at := range files {
		for _, group := range b.shelves[at.ruler].get(at.path).groups[name] {
			for form := 1; ; form++ {
				parts, is := qualifier(form, b.rulers[at.ruler].Name, at.path)
				if !is {
					break
				}
				q := qualified{form, strings.Join(parts[:], "") + group}
				all[q] = append(all[q], groupPlace{at, group})
			}
		}
	}
	return all
}

// named returns the file's rules of a name, up to as many as most; nth 0 takes every one in a group.
func (s *shelved) named(name string, nth, most int) []Entry {
	var at []int
	for _, group := range s.groups[name] {
		all := s.at(inGroup{group, name}, nth)
		if at = append(at, all[:min(len(all), most-len(at))]...); len(at) >= most {
			break
		}
	}
	slices.Sort(at) // a file that is not sound may have a group twice
	return s.these(at)
}

// inGroup returns the file's rules of a name in a group, up to as many as most; nth 0 takes every one.
func (s *shelved) inGroup(place inGroup, nth, most int) []Entry {
	at := s.at(place, nth)
	return s.these(at[:min(len(at), most)])
}

// these returns entries of the file.
func (s *shelved) these(at []int) (entries []Entry) {
	for _, i := range at {
		entries = append(entries, s.entries[i])
	}
	return entries
}

// nextSlash returns the place behind the next slash at or after start; -1 when there is none.
func nextSlash(s string, start int) int {
	if i := strings.IndexByte(s[start:], '/'); i >= 0 {
		return start + i + 1
	}
	return -1
}
