package rules

import (
	"slices"
	"strings"
)

// FieldChange is what a change did to one field of a rule, as Entry.Fields names it. Was is empty where the rule had no such field, Is where it
// has none any more.
type FieldChange struct {
	Rule  string `json:"rule"` // its name after the change; before it where it is gone
	Field string `json:"field"`
	Was   string `json:"was,omitempty"`
	Is    string `json:"is,omitempty"`
}

// fieldChanges returns what differs between two books in some rules, field by field, in the order of a rule file; those of the first few of many
// rules.
func fieldChanges(before, after *Book, refs []Ref) (changes []FieldChange) {
	for _, ref := range refs[:min(len(refs), maxAlertTrailers)] {
		old, was := before.Get(ref)
		now, is := after.Get(ref)
		if !was && !is { // it is paused, so that no ruler had it
			old, now = before.asideFor(ref), after.asideFor(ref)
		}
		changes = append(changes, old.ChangesTo(now, ref.Name)...)
	}
	return changes
}

// ChangesTo returns the fields in which another rule differs, in the order of a rule file; the zero Entry has none. name is what the rule is called there.
func (e Entry) ChangesTo(other Entry, name string) (changes []FieldChange) {
	var fields []Field
	if other.Rule.Name() != "" {
		fields = other.Fields()
	}
	now := map[string]string{}
	for _, f := range fields {
		now[f.Name] = f.Value
	}
	known := map[string]bool{}
	if e.Rule.Name() != "" {
		for _, f := range e.Fields() {
			known[f.Name] = true
			if now[f.Name] != f.Value {
				changes = append(changes, FieldChange{name, f.Name, f.Value, now[f.Name]})
			}
		}
	}
	for _, f := range fields {
		if !known[f.Name] {
			changes = append(changes, FieldChange{name, f.Name, "", f.Value})
		}
	}
	return changes
}

// settings returns what the group of a rule that the change moved or copied says otherwise than its old one.
func (p planned) settings() []FieldChange {
	if p.change.From == (Ref{}) {
		return nil
	}
	was, there := p.before.Get(p.change.From)
	if _, stays := p.after.Get(p.change.From); stays || !there { // it was copied, as it is live
		was, _ = p.before.inForce().Get(p.change.From)
	}
	is, _ := p.after.Get(p.change.Refs[0])
	return slices.DeleteFunc(was.ChangesTo(is, is.Ref.Name), func(c FieldChange) bool { return !strings.HasPrefix(c.Field, GroupField) })
}
