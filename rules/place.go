package rules

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxPlannedName is the longest live name of a file that is made here, in bytes.
const maxPlannedName = 200

// put returns the one file that changes when the group's rules are put into a namespace of a ruler: at the end of the group of that
// name where there is one, else as a new file. path is relative to the ruler's directory.
func (b *Book) put(ruler RulerInfo, namespace string, g group) (path string, content []byte, err error) {
	path, index, err := b.findGroup(ruler, namespace, g.Name)
	if err != nil {
		return "", nil, err
	}
	if path == "" {
		path, err = b.newPath(ruler, namespace, g.Name)
		return path, renderFile(g), err
	}
	f := b.shelf(ruler.Name).get(path)
	if f.file.lentAt != "" {
		return "", nil, heldBack(f.file.lentAt, g.Name)
	}
	if len(f.bad) > 0 {
		e := conflict("group", "The group %q stands in %s, which has to be mended first: %s", g.Name, place(f.bad[0]), sentence(f.bad[0].Text))
		e.Problems = f.bad
		return "", nil, e
	}
	if err := b.checkFits(Ref{Ruler: ruler.Name, Path: path, Group: g.Name}, g, f.file.groups[index]); err != nil {
		return "", nil, err
	}
	content, err = f.file.withRules(index, g.Rules)
	return path, content, err
}

// findGroup returns the file in a namespace that has a group of this name, and the group's place in it; "" when there is none.
func (b *Book) findGroup(ruler RulerInfo, namespace, name string) (path string, index int, err error) {
	var found []string
	for _, candidate := range b.shelf(ruler.Name) {
		if (Ref{Path: candidate.path}).Namespace() != namespace {
			continue
		}
		for i, g := range candidate.file.groups {
			if g.Name == name {
				path, index = candidate.path, i
				found = append(found, candidate.path)
			}
		}
	}
	if len(found) > 1 {
		return "", 0, conflict("group", "The namespace %q has several groups with the name %q: in %s. Choose another group.",
			namespace, name, strings.Join(found, ", "))
	}
	return path, index, nil
}

// checkFits refuses to add to a group that evaluates in another way than wanted, or has a rule of that name.
func (b *Book) checkFits(at Ref, wanted, existing group) error {
	if wanted.Interval != 0 && wanted.Interval != existing.Interval {
		if existing.Interval == 0 {
			return conflict("interval", "The group %q exists in %s and is evaluated at the ruler's own interval. Leave interval= out, or choose another group.",
				at.Group, b.rulebookPath(at))
		}
		e := conflict("interval", "The group %q exists in %s and is evaluated every %s. Leave interval= out, or choose another group.",
			at.Group, b.rulebookPath(at), FormatDuration(existing.Interval))
		e.Fixes = []string{FormatDuration(existing.Interval)}
		return e
	}
	settings := existing
	settings.Name, settings.Interval, settings.Rules = wanted.Name, wanted.Interval, wanted.Rules
	if bare := (group{Name: wanted.Name, Interval: wanted.Interval, Rules: wanted.Rules}); !sameGroup(wanted, bare) && !sameGroup(wanted, settings) {
		return conflict("yaml", "The group %q exists in %s with another limit, query_offset or labels. Leave them out, or choose another group.",
			at.Group, b.rulebookPath(at))
	}
	for _, r := range wanted.Rules {
		at.Name, at.Nth = r.Name(), 1
		if entry, exists := b.Get(at); exists {
			e := conflict("", "There is a rule %q already, in %s, line %d. To replace it, delete it first.", at.Name, b.rulebookPath(at), entry.Line)
			e.Fixes = []string{"delete " + Word(b.Address(at))}
			return e
		}
	}
	return nil
}

// freePath returns the path of a new file for a group: derived from its name, never the name itself. Where the name is not what the
// file can be called, or there is such a file, a hash of the name is added.
func (b *Book) freePath(ruler RulerInfo, namespace, group, extension string) string {
	prefix := ""
	if namespace != "" {
		prefix = namespace + "/"
	}
	room := maxPlannedName - len(LiveName(prefix+"x"+extension)) - len("-12345678")
	stem := cutTo(slug(norm.NFC.String(group)), room)
	if stem == group {
		if path := prefix + stem + extension; b.free(ruler, path) {
			return path
		}
	}
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(group + "\x00" + strconv.Itoa(n)))
		path := prefix + strings.TrimLeft(stem+"-", "-.") + hex.EncodeToString(sum[:4]) + extension
		if b.free(ruler, path) {
			return path
		}
	}
}

// free reports whether no rule file is at path.
func (b *Book) free(ruler RulerInfo, path string) bool { return b.file(ruler.Name, path) == nil }

// cutTo cuts a file name so that it is at most room bytes long in a live name, where dots are doubled.
func cutTo(stem string, room int) string {
	for stem != "" && len(stem)+strings.Count(stem, ".") > room {
		_, size := utf8.DecodeLastRuneInString(stem)
		stem = stem[:len(stem)-size]
	}
	return strings.Trim(stem, ".")
}
