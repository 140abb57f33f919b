package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Get returns the rule at ref, also at the place of a paused one, and whether there is one.
func (b *Book) Get(ref Ref) (Entry, bool) {
	if ref.Paused() {
		p, there := b.pausedAt(ref)
		return p.entry, there
	}
	return b.shelf(ref.Ruler).get(ref.Path).get(ref)
}

// Find returns the rule at an address: NAME, group/NAME, namespace/group/NAME, ruler:namespace/group/NAME, each with #N. Where two
// files of one namespace have a group of one name, ruler:path-of-the-file/group/NAME tells them apart. Names may hold slashes,
// colons and number signs: an address that is the whole of a shorter form is that.
// Errors: NotFound with the nearest names as Fixes; Conflict with the candidates as Fixes when it is ambiguous (Field "name").
func (b *Book) Find(address string) (Entry, error) {
	found := b.resolve(address, math.MaxInt)
	switch len(found) {
	case 0:
		return Entry{}, b.notFound(address)
	case 1:
		return found[0], nil
	}
	const most = 20
	var fixes []string
	for _, entry := range found[:min(len(found), most)] {
		fixes = append(fixes, b.Address(entry.Ref))
	}
	text := fmt.Sprintf("%d rules have the name %q. Say which one.", len(found), address)
	if len(found) > most {
		text = fmt.Sprintf("%d rules have the name %q. Say which one; these are the first %d.", len(found), address, most)
	}
	return Entry{}, &Error{Kind: Conflict, Field: "name", Offset: -1, Text: text + b.standings(found[:len(fixes)], fixes), Fixes: fixes}
}

// standings says of rules with these addresses which are live by a file that is held, and which were pushed to one.
func (b *Book) standings(found []Entry, addresses []string) (text string) {
	for i, e := range found {
		if b.shown != nil {
			e, _ = b.shown.Get(e.Ref)
		}
		switch {
		case e.Held:
			text += fmt.Sprintf(" %s is live, and held as it is.", addresses[i])
		case e.Pushed:
			text += fmt.Sprintf(" %s was pushed, and is not live: it is held.", addresses[i])
		}
	}
	return text
}

// Address returns the shortest address that Find resolves to ref, FindOrPaused where it is paused; "" when b has no such rule.
func (b *Book) Address(ref Ref) string {
	if p, paused := b.pausedAt(ref); paused {
		return b.addressAside(p)
	}
	if _, ok := b.Get(ref); !ok {
		return ""
	}
	nth := "#" + strconv.Itoa(ref.Nth)
	for _, form := range forms(ref) {
		for _, address := range []string{form, form + nth} {
			if found := b.resolve(address, 2); len(found) == 1 && found[0].Ref == ref {
				return address
			}
		}
	}
	return hashAddress(ref)
}

// forms returns the addresses of a rule without #N, the shortest first.
func forms(ref Ref) []string {
	all := []string{ref.Name}
	for form := 1; ; form++ {
		parts, is := qualifier(form, ref.Ruler, ref.Path)
		if !is {
			return all
		}
		all = append(all, strings.Join(parts[:], "")+ref.Group+"/"+ref.Name)
	}
}

// qualifier returns what stands before the group in one form of the addresses of a file's rules, the first being that in which the group itself does, and
// whether there is such a form.
func qualifier(form int, ruler, path string) (parts [4]string, is bool) {
	namespace := Ref{Path: path}.Namespace()
	if namespace == "" && form > 1 {
		form++ // there is none with the namespace alone
	}
	switch {
	case form == 1:
		return parts, true
	case form == 2:
		return [4]string{namespace, "/"}, true
	case form == 3 && namespace == "":
		return [4]string{ruler, ":"}, true
	case form == 3:
		return [4]string{ruler, ":", namespace, "/"}, true
	case form == 4:
		return [4]string{ruler, ":", path, "/"}, true
	}
	return parts, false
}

// hashAddress is the address of last resort, for names so much like addresses that no other form tells them apart.
func hashAddress(ref Ref) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %d", ref.Ruler, ref.Path, ref.Group, ref.Name, ref.Nth))
	return "@" + hex.EncodeToString(sum[:8])
}

const hashAddressSize = len("@0123456789abcdef")

// resolve returns the rules that an address means, those for which it is the shortest form, up to as many as most.
func (b *Book) resolve(address string, most int) []Entry {
	if found := b.byHash(address); len(found) > 0 {
		return found
	}
	if found := b.match(address, 0, most); len(found) > 0 {
		return found
	}
	if i := strings.LastIndexByte(address, '#'); i > 0 {
		if nth, err := strconv.Atoi(address[i+1:]); err == nil && nth > 0 && address[i+1:] == strconv.Itoa(nth) {
			return b.match(address[:i], nth, most)
		}
	}
	return nil
}

// byHash returns the rule that has an address of last resort; such addresses are so rare that all rules are looked at.
func (b *Book) byHash(address string) []Entry {
	if len(address) != hashAddressSize || address[0] != '@' {
		return nil
	}
	entries := b.Entries("")
	i := slices.IndexFunc(entries, func(e Entry) bool { return hashAddress(e.Ref) == address })
	if i < 0 {
		return nil
	}
	return entries[i : i+1]
}

// named returns the rules of a name, in the order of Entries.
func (b *Book) named(name string) (entries []Entry) {
	for _, at := range b.names.files(name) {
		entries = append(entries, b.shelves[at.ruler].get(at.path).named(name, 0, math.MaxInt)...)
	}
	return entries
}
