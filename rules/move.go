package rules

import (
	"cmp"
	"strings"
)

// Move puts one rule, with its comments, into another group or namespace of its ruler: at the end of the group where there is one, else into
// a new file with a group that says for its rules what the old one said.
type Move struct {
	Address          string // see Book.Find
	Group, Namespace string // one of them may be empty: as it is
	Reason           string
}

// Action returns "move".
func (Move) Action() string { return "move" }

// Plan implements Intent.
func (m Move) Plan(book *Book) (Change, error) {
	entry, err := book.Find(m.Address)
	if err != nil {
		return Change{}, err
	}
	from := entry.Ref
	ruler, _ := book.ruler(from.Ruler)
	name := cmp.Or(strings.TrimSpace(m.Group), from.Group)
	if err := checkName("group", "group", name); err != nil {
		return Change{}, err
	}
	namespace := from.Namespace()
	if m.Namespace != "" {
		if namespace, err = (Add{Options: Options{Namespace: m.Namespace}}).namespace(book, ruler); err != nil {
			return Change{}, err
		}
	}
	if name == from.Group && namespace == from.Namespace() {
		return Change{}, conflict("", "There is nothing to do: %q stands there already.", from.Name)
	}
	w := book.work(from.Ruler)
	to, err := w.moveTo(ruler, namespace, name, entry)
	if err != nil {
		return Change{}, err
	}
	f := w.file(from.Path)
	groupIndex, index := f.position(from)
	left, err := f.withoutRuleAt(groupIndex, index)
	if err == nil && left == nil {
		err = f.takesMore(from.Ruler, book.rulebookPath(from), groupIndex, index)
	}
	if err != nil {
		return Change{}, err
	}
	w.edited[from.Path] = left
	change, err := w.change("move "+from.Name, m.Reason, from)
	if err == nil {
		change.moved(book, from, to)
	}
	return change, err
}

// moveTo adds a rule as it is written to a group of a namespace, and returns where it stands there.
func (w *work) moveTo(ruler RulerInfo, namespace, name string, entry Entry) (to Ref, err error) {
	source := w.file(entry.Ref.Path)
	sourceGroup, sourceIndex := source.position(entry.Ref)
	path, index, err := w.book.findGroup(ruler, namespace, name)
	if err != nil {
		return Ref{}, err
	}
	to = Ref{Ruler: w.ruler, Path: path, Group: name, Name: entry.Ref.Name, Nth: 1}
	if path != "" {
		f := w.file(path)
		if other, taken := w.book.Get(to); taken {
			return Ref{}, conflict("group", "The group %q in %s has a rule %q already, in line %d.", name, w.book.rulebookPath(to), to.Name, other.Line)
		}
		w.edited[path], err = f.withRuleOf(index, len(f.groups[index].Rules), source, sourceGroup, sourceIndex)
		return to, err
	}
	if to.Path, err = w.book.newPath(ruler, namespace, name); err != nil {
		return Ref{}, err
	}
	w.edited[to.Path] = source.alone(name, sourceGroup, sourceIndex)
	return to, nil
}

// alone returns a new file that has one rule of a file as it is written there, in a group that is called name and says for its rules what the old one said.
func (f *file) alone(name string, groupIndex, ruleIndex int) *file {
	g := f.groups[groupIndex]
	old, rule := g.Name, g.Rules[ruleIndex]
	g.Name, g.Rules = name, []placedRule{rule}
	only := readFile("", f.dialect, renderFile(g))
	if p, ok := f.piece(old, ruleIndex); ok && f.groupIndex(old) == groupIndex {
		if written, err := only.withPiece(0, 0, p, rule); err == nil {
			return written // else it leans on other lines of its old file
		}
	}
	return only
}
