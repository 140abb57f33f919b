package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// index finds a book's rules.
type index struct {
	entries []Entry
	byName  map[string][]int // name → places in entries
	byRef   map[Ref]int
	byHash  map[string]int // see hashAddress
}

func (b *Book) makeIndex() *index {
	x := &index{byName: map[string][]int{}, byRef: map[Ref]int{}, byHash: map[string]int{}}
	for _, ruler := range b.rulers {
		for _, path := range sortedKeys(b.files[ruler.Name]) {
			count := map[[2]string]int{} // a bad file may have two groups with one name
			for _, g := range b.files[ruler.Name][path].groups {
				for _, r := range g.Rules {
					count[[2]string{g.Name, r.Name()}]++
					ref := Ref{Ruler: ruler.Name, Path: path, Group: g.Name, Name: r.Name(), Nth: count[[2]string{g.Name, r.Name()}]}
					i := len(x.entries)
					x.entries = append(x.entries, Entry{Ref: ref, Rule: r.Rule, GroupLabels: g.Labels, Source: r.source, Interval: g.Interval, Line: r.line})
					x.byName[ref.Name] = append(x.byName[ref.Name], i)
					x.byRef[ref] = i
					x.byHash[hashAddress(ref)] = i
				}
			}
		}
	}
	return x
}

// Get returns the rule at ref, and whether there is one.
func (b *Book) Get(ref Ref) (Entry, bool) {
	x := b.index()
	i, ok := x.byRef[ref]
	if !ok {
		return Entry{}, false
	}
	return x.entries[i], true
}

// Find returns the rule at an address: NAME, group/NAME, namespace/group/NAME, ruler:namespace/group/NAME, each with #N. Where two
// files of one namespace have a group of one name, ruler:path-of-the-file/group/NAME tells them apart. Names may hold slashes,
// colons and number signs: an address that is the whole of a shorter form is that.
// Errors: NotFound with the nearest names as Fixes; Conflict with the candidates as Fixes when it is ambiguous (Field "name").
func (b *Book) Find(address string) (Entry, error) {
	found := b.index().resolve(address)
	switch len(found) {
	case 0:
		return Entry{}, b.notFound(address)
	case 1:
		return b.index().entries[found[0]], nil
	}
	const most = 20
	var fixes []string
	for _, i := range found[:min(len(found), most)] {
		fixes = append(fixes, b.Address(b.index().entries[i].Ref))
	}
	text := fmt.Sprintf("%d rules have the name %q. Say which one.", len(found), address)
	if len(found) > most {
		text = fmt.Sprintf("%d rules have the name %q. Say which one; these are the first %d.", len(found), address, most)
	}
	return Entry{}, &Error{Kind: Conflict, Field: "name", Offset: -1, Text: text, Fixes: fixes}
}

// Address returns the shortest address that Find resolves to ref; "" when b has no such rule.
func (b *Book) Address(ref Ref) string {
	x := b.index()
	want, ok := x.byRef[ref]
	if !ok {
		return ""
	}
	nth := "#" + strconv.Itoa(ref.Nth)
	for _, form := range forms(ref) {
		for _, address := range []string{form, form + nth} {
			if found := x.resolve(address); len(found) == 1 && found[0] == want {
				return address
			}
		}
	}
	return hashAddress(ref)
}

// forms returns the addresses of a rule without #N, the shortest first.
func forms(ref Ref) []string {
	inGroup := ref.Group + "/" + ref.Name
	if ref.Namespace() == "" {
		return []string{ref.Name, inGroup, ref.Ruler + ":" + inGroup, ref.Ruler + ":" + ref.Path + "/" + inGroup}
	}
	return []string{
		ref.Name,
		inGroup,
		ref.Namespace() + "/" + inGroup,
		ref.Ruler + ":" + ref.Namespace() + "/" + inGroup,
		ref.Ruler + ":" + ref.Path + "/" + inGroup,
	}
}

// hashAddress is the address of last resort, for names so much like addresses that no other form tells them apart.
func hashAddress(ref Ref) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", ref.Ruler, ref.Path, ref.Group, ref.Name, ref.Nth))
	return "@" + hex.EncodeToString(sum[:8])
}

// resolve returns the rules that an address means: those for which it is the shortest form.
func (x *index) resolve(address string) []int {
	if i, ok := x.byHash[address]; ok {
		return []int{i}
	}
	if found := x.match(address, 0); len(found) > 0 {
		return found
	}
	if i := strings.LastIndexByte(address, '#'); i > 0 {
		if nth, err := strconv.Atoi(address[i+1:]); err == nil && nth > 0 && address[i+1:] == strconv.Itoa(nth) {
			return x.match(address[:i], nth)
		}
	}
	return nil
}

// match returns the rules that have the address without #N as a form; nth 0 takes every one of a name in a group.
func (x *index) match(address string, nth int) []int {
	var best []int
	bestForm := -1
	// The name is the whole address, or what stands behind one of its slashes.
	for start := 0; start >= 0; start = nextSlash(address, start) {
		for _, i := range x.byName[address[start:]] {
			ref := x.entries[i].Ref
			if nth != 0 && ref.Nth != nth {
				continue
			}
			form := slices.Index(forms(ref), address)
			if form < 0 || bestForm >= 0 && form > bestForm {
				continue
			}
			if form < bestForm {
				best = nil
			}
			best, bestForm = append(best, i), form
		}
	}
	return best
}

// nextSlash returns the place behind the next slash at or after start; -1 when there is none.
func nextSlash(s string, start int) int {
	if i := strings.IndexByte(s[start:], '/'); i >= 0 {
		return start + i + 1
	}
	return -1
}
