package rules

import (
	"slices"
	"strings"
)

// longestForm is the place in forms of the longest address that a rule may have.
const longestForm = 4

// match returns the rules, up to as many as most, that have the address without #N as their shortest form; nth 0 takes every one of a name in a group. It
// takes no longer where a file has many rules, or many of one name: the names of all rules are listed by asking for each of them.
func (b *Book) match(address string, nth, most int) []Entry {
	for form := range longestForm + 1 {
		var found []Entry
		// The name is the whole address in the shortest form, and what stands behind one of its slashes in the others.
		for start := 0; start >= 0; start = nextSlash(address, start) {
			if (start == 0) != (form == 0) {
				continue
			}
			for _, at := range b.names.files(address[start:]) {
				if found = append(found, b.shelves[at.ruler].get(at.path).match(address, start, form, nth, most-len(found))...); len(found) >= most {
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

// match returns the file's rules, up to as many as most, that have the address in one form, if its name begins at start.
func (s *shelved) match(address string, start, form, nth, most int) (found []Entry) {
	name := address[start:]
	groups := s.groups[name]
	if form > 0 && len(groups) > 0 {
		groups = nil
		if before := qualifiers(s.entries[0].Ref); form <= len(before) {
			if group, ok := strings.CutPrefix(address[:start-1], before[form-1]); ok {
				groups = []string{group}
			}
		}
	}
	var at []int
	for _, group := range groups {
		all := s.at(inGroup{group, name}, nth)
		if at = append(at, all[:min(len(all), most-len(at))]...); len(at) >= most {
			break
		}
	}
	slices.Sort(at) // a file that is not sound may have a group twice
	for _, i := range at {
		found = append(found, s.entries[i])
	}
	return found
}

// nextSlash returns the place behind the next slash at or after start; -1 when there is none.
func nextSlash(s string, start int) int {
	if i := strings.IndexByte(s[start:], '/'); i >= 0 {
		return start + i + 1
	}
	return -1
}
