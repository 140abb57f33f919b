package rules

import (
	"cmp"
	"slices"
	"strings"
)

// Copy adds a rule that is another one but for its name and some of its fields: as it is live, also where something else was pushed that is held. It gets
// a group of its own in the other one's namespace, which is evaluated as often, unless its options name others. What is remembered beside the other one,
// such as its template and when it expires, is remembered beside the copy.
type Copy struct {
	Address string // see Book.Find
	Name    string // of the copy
	Alteration
	Anew *Anew // how the copy is made anew from the template that the rule remembers, with other parameters; nil for a copy that is not
}

// Action returns "copy".
func (Copy) Action() string { return "copy" }

// Plan implements Intent.
func (c Copy) Plan(book *Book) (Change, error) {
	source := book.inForce()
	entry, err := source.Find(c.Address)
	if err != nil {
		return Change{}, err
	}
	if entry.Pushed {
		path := source.rulebookPath(entry.Ref)
		e := conflict("name", "The rule %q is not live: it was pushed to %s, which is held.", entry.Ref.Name, path)
		e.Cause = InTheWay{path}
		return Change{}, e
	}
	ruler, _ := book.ruler(entry.Ref.Ruler)
	name := strings.TrimSpace(c.Name)
	if err := checkName("new name", "rule", name); err != nil {
		return Change{}, err
	}
	rule, notes, err := c.made(book, entry)
	if err != nil {
		return Change{}, err
	}
	if rule.Alert != "" {
		rule.Alert = name
	} else {
		rule.Record = name
	}
	namespace := entry.Ref.Namespace()
	if c.Options.Namespace != "" {
		if namespace, err = (Add{Options: c.Options}).namespace(book, ruler); err != nil {
			return Change{}, err
		}
	}
	g := group{Name: cmp.Or(strings.TrimSpace(c.Options.Group), name), Rules: []placedRule{{Rule: rule, notes: notes}}}
	if err := checkName("group", "group", g.Name); err != nil {
		return Change{}, err
	}
	if interval, said := c.interval(); said {
		g.Interval = interval
	} else if c.Options.Group == "" {
		g.Interval, g.Labels, g.Limit, g.QueryOffset = entry.Interval, entry.GroupLabels, source.groupOf(entry.Ref).Limit, source.groupOf(entry.Ref).QueryOffset
	}
	return c.put(book, ruler, namespace, g, entry)
}

// made returns the copy of a rule, which has the rule's name still, and what is remembered beside it.
func (c Copy) made(book *Book, entry Entry) (rule Rule, notes []string, err error) {
	own := c.Options.notes()
	if c.Anew == nil {
		rule, err = c.rule(book, entry.Ref.Ruler, entry.Rule)
		if origin, remembered := entry.Origin(); remembered && err == nil {
			if note := origin.with(entry.Rule, rule).note(); note != origin.note() {
				own = append(own, note)
			}
		}
	} else {
		own = append(own, c.Anew.Now.From.origin().note())
		rule, err = c.Anew.rule(book, entry)
	}
	for _, note := range entry.notes() {
		kind, _, _ := strings.Cut(strings.TrimPrefix(note, "# "), ": ")
		anew := func(other string) bool { return sameNote(note, "# "+other) }
		if !slices.Contains(c.Remove, kind) && !slices.ContainsFunc(own, anew) {
			notes = append(notes, strings.TrimPrefix(note, "# "))
		}
	}
	return rule, append(notes, own...), err
}

// put returns the change that adds the copy.
func (c Copy) put(book *Book, ruler RulerInfo, namespace string, g group, entry Entry) (Change, error) {
	if err := checkAlone(book.read, ruler.Dialect, g); err != nil {
		return Change{}, err
	}
	path, content, err := book.put(ruler, namespace, g)
	if err != nil {
		return Change{}, err
	}
	at := Ref{Ruler: ruler.Name, Path: path, Group: g.Name}
	refs := refsIn(at, g)
	return Change{
		Ruler: ruler.Name, Files: map[string][]byte{book.rulebookPath(at): content}, Refs: refs, From: entry.Ref,
		Subject: "copy " + entry.Ref.Name + " to " + refs[0].Name, Reason: c.Options.Reason,
	}, nil
}

// groupOf returns the group of a rule.
func (b *Book) groupOf(ref Ref) group {
	f := b.file(ref.Ruler, ref.Path)
	groupIndex, _ := f.position(ref)
	return f.groups[groupIndex]
}
