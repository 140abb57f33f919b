package rules

// Delete deletes one rule; a group or file that it leaves empty goes with it.
type Delete struct {
	Address string // see Book.Find; also of one that is paused
	Force   bool   // also when others use it
	Reason  string
}

// Action returns "delete".
func (Delete) Action() string { return "delete" }

// Plan implements Intent.
func (d Delete) Plan(book *Book) (Change, error) {
	entry, err := book.Find(d.Address)
	if err != nil {
		if p, e := book.FindPaused(d.Address); e == nil {
			return Change{Ruler: p.Ref.Ruler, Files: map[string][]byte{p.path: nil}, Refs: []Ref{p.Ref}, Subject: "delete " + p.Ref.Name, Reason: d.Reason}, nil
		}
		return Change{}, err
	}
	ref := entry.Ref
	f := book.file(ref.Ruler, ref.Path)
	groupIndex, ruleIndex := f.position(ref)
	content, err := f.withoutRule(groupIndex, ruleIndex)
	if err == nil && content == nil {
		err = f.takesMore(ref.Ruler, book.rulebookPath(ref), groupIndex, ruleIndex)
	}
	if err != nil {
		return Change{}, err
	}
	change := Change{
		Ruler:   ref.Ruler,
		Files:   map[string][]byte{book.rulebookPath(ref): content},
		Refs:    []Ref{ref},
		Subject: "delete " + ref.Name,
		Reason:  d.Reason,
	}
	return change, book.checkUnused(change, d.Force)
}

// position returns where in a file the rule at ref is: the group's place, and the rule's place in it.
func (f *file) position(ref Ref) (groupIndex, ruleIndex int) {
	nth := 0
	for i, g := range f.groups {
		for j, r := range g.Rules {
			if g.Name == ref.Group && r.Name() == ref.Name {
				if nth++; nth == ref.Nth {
					return i, j
				}
			}
		}
	}
	return -1, -1
}
