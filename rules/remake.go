package rules

import "regexp"

// Remake makes a rule anew from the template that it remembers, with other arguments or from a newer version. Options of
// later edits are among what it remembers. What else somebody changed in the rule since it was made stays, where the template has still the version
// that it was made from; of an older version nobody knows what it made.
type Remake struct {
	Address string // see Book.Find
	Anew
	Reason string
}

// Anew is what a rule was made from, and what it is made from now: the same template.
type Anew struct {
	Was, Now Made
}

// Action returns "edit".
func (Remake) Action() string { return "edit" }

// originLine is the line of the comment that Origin.note makes.
var originLine = regexp.MustCompile(`^[ \t]+# template: `)

// Plan implements Intent.
func (r Remake) Plan(book *Book) (Change, error) {
	entry, err := book.Find(r.Address)
	if err != nil {
		return Change{}, err
	}
	wanted, err := r.rule(book, entry)
	if err != nil {
		return Change{}, err
	}
	w := book.work(entry.Ref.Ruler)
	edit, err := w.file(entry.Ref.Path).edit()
	if err != nil {
		return Change{}, err
	}
	groupIndex, index := edit.file.position(entry.Ref)
	if err := edit.setRule(groupIndex, index, wanted); err != nil {
		return Change{}, err
	}
	if err := edit.setNote(groupIndex, index, originLine, "# "+r.Now.From.origin().note()); err != nil {
		return Change{}, err
	}
	if w.edited[entry.Ref.Path], err = edit.done(); err != nil {
		return Change{}, err
	}
	return w.change("edit "+entry.Ref.Name, r.Reason, entry.Ref)
}

// rule returns a rule as it is made anew.
func (a Anew) rule(book *Book, entry Entry) (Rule, error) {
	was, remembered := entry.Origin()
	if !remembered || was.Template != a.Now.From.Template.Name || was.note() != (Origin{was.Template, was.Version, a.Was.From.Remembered}).note() {
		return Rule{}, conflict("", "%q does not remember the template and the parameters any more that it had a moment ago. Please send the command again.", entry.Ref.Name)
	}
	ruler, _ := book.ruler(entry.Ref.Ruler)
	wanted, err := a.Now.rule(entry.Ref.Name, ruler)
	if err != nil || was.Version != a.Now.From.Template.Version {
		return wanted, err
	}
	old, err := a.Was.rule(entry.Ref.Name, ruler)
	if err != nil {
		return Rule{}, err
	}
	return keepByHand(old, entry.Rule, wanted)
}

// keepByHand returns the wanted rule with what now says otherwise than was, which somebody wrote by hand. An expression cannot be merged.
func keepByHand(was, now, wanted Rule) (Rule, error) {
	if now.Expr != was.Expr && wanted.Expr != was.Expr && wanted.Expr != now.Expr {
		return Rule{}, conflict("", "The expression of %q was changed by hand since it was made from its template, so that it cannot be made anew. Change it with expr=.", now.Name())
	}
	if now.Expr != was.Expr {
		wanted.Expr = now.Expr
	}
	if now.For != was.For && wanted.For == was.For {
		wanted.For = now.For
	}
	if now.KeepFiringFor != was.KeepFiringFor && wanted.KeepFiringFor == was.KeepFiringFor {
		wanted.KeepFiringFor = now.KeepFiringFor
	}
	wanted.Labels = keepTexts(was.Labels, now.Labels, wanted.Labels)
	wanted.Annotations = keepTexts(was.Annotations, now.Annotations, wanted.Annotations)
	return wanted, nil
}

// keepTexts is keepByHand for labels or annotations: where both changed one, what is wanted wins.
func keepTexts(was, now, wanted map[string]string) map[string]string {
	kept := merged(nil, wanted)
	for _, key := range sortedKeys(merged(was, now)) {
		before, had := was[key]
		value, has := now[key]
		asked, wants := wanted[key]
		switch unasked := wants == had && asked == before; {
		case has == had && value == before || !unasked:
		case has:
			kept[key] = value
		default:
			delete(kept, key)
		}
	}
	return kept
}
