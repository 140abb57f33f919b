package rules

import (
	"strconv"
	"strings"
)

// Rename gives one rule another name where it stands. Its group and its file keep theirs.
type Rename struct {
	Address string // see Book.Find
	Name    string // the new one
	Force   bool   // also when others use it by its old name
	Reason  string
}

// TrailerMovedFrom says where a rule stood that a rename or a move has put elsewhere: group/NAME#2 in its old file.
const TrailerMovedFrom = "Moved-From"

// Action returns "rename".
func (Rename) Action() string { return "rename" }

// Plan implements Intent.
func (r Rename) Plan(book *Book) (Change, error) {
	entry, err := book.Find(r.Address)
	if err != nil {
		return Change{}, err
	}
	name := strings.TrimSpace(r.Name)
	if err := checkName("new name", "rule", name); err != nil {
		return Change{}, err
	}
	f := book.file(entry.Ref.Ruler, entry.Ref.Path)
	groupIndex, index := f.position(entry.Ref)
	if err := book.checkVacant(entry.Ref, f.groups[groupIndex], name); err != nil {
		return Change{}, err
	}
	renamed := entry.Rule
	if renamed.Alert != "" {
		renamed.Alert = name
	} else {
		renamed.Record = name
	}
	w := book.work(entry.Ref.Ruler)
	edit, err := f.edit()
	if err == nil {
		err = edit.setRule(groupIndex, index, renamed)
	}
	if err == nil {
		w.edited[entry.Ref.Path], err = edit.done()
	}
	if err != nil {
		return Change{}, err
	}
	change, err := w.change("rename "+entry.Ref.Name+" to "+name, r.Reason, entry.Ref)
	if err != nil {
		return Change{}, err
	}
	now := entry.Ref
	now.Name, now.Nth = name, 1
	change.moved(book, entry.Ref, now)
	return change, book.checkUnused(change, r.Force)
}

// checkVacant refuses a name that a rule of a group has already.
func (b *Book) checkVacant(at Ref, g group, name string) error {
	for _, r := range g.Rules {
		if r.Name() == name && name != at.Name {
			return conflict("new name", "The group %q in %s has a rule %q already.", g.Name, b.rulebookPath(at), name)
		}
	}
	return nil
}

// moved says which rule stands elsewhere now: where it is, then where it was.
func (c *Change) moved(book *Book, from, to Ref) {
	c.Refs, c.From = []Ref{to, from}, from
	c.Trailers = append(c.Trailers, Trailer{TrailerMovedFrom, book.rulebookPath(from) + ": " + from.Group + "/" + from.Name + "#" + strconv.Itoa(from.Nth)})
}
