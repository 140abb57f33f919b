package rules

import (
	"fmt"
	"slices"
)

// Made is what a rule was made from: a template with its arguments, and the options beside them.
type Made struct {
	From    FromTemplate
	Options Options
	Without []string // what the template says and the rule does not: "for", "keep_firing_for", "label.X", "annotation.X"
}

// rule returns the rule that is made so.
func (m Made) rule(name string, ruler RulerInfo) (Rule, error) {
	rule, err := m.From.Template.Render(name, m.From.Arguments)
	if err == nil {
		err = m.Options.check()
	}
	if err == nil {
		err = (Add{Options: m.Options}).decorate(&rule, ruler)
	}
	rule.drop(m.Without)
	return rule, err
}

// preview returns that rule as a rule file writes it.
func (m Made) preview(name string) (string, error) {
	dialect := m.From.Template.Dialect
	rule, err := m.rule(name, RulerInfo{Name: languageName(dialect), Dialect: dialect})
	return string(renderRules([]placedRule{{Rule: rule, notes: []string{m.From.origin().note()}}})), err
}

// Update returns how a rule would change if it were made so, as a unified diff; "" when only the version of its template would.
func (m Made) Update(e Entry) (string, error) {
	was, remembered := e.Origin()
	if !remembered {
		return "", invalid("", "The rule %q remembers no template.", e.Ref.Name)
	}
	now, err := m.preview(e.Rule.Name())
	if err != nil {
		return "", err
	}
	// The comments are alike, so that the two differ in nothing but what they say.
	old := string(renderRules([]placedRule{{Rule: e.Rule, notes: []string{m.From.origin().note()}}}))
	template := m.From.Template
	name := func(version int) string { return fmt.Sprintf("%s v%d", template.Name, version) }
	return Difference(name(was.Version), old, name(template.Version), now), nil
}

// with returns what a rule is to remember when it becomes another: the options that make the difference, in place of those about the same
// fields. An option without a value takes away what the template says. What is done to the expression is not remembered.
func (o Origin) with(was, is Rule) Origin {
	o.Arguments = slices.Clone(o.Arguments)
	set := func(option, field, before, after string) {
		if before == after {
			return
		}
		now := Argument{option, after}
		if i := slices.IndexFunc(o.Arguments, func(a Argument) bool { return a.Name == option || a.Name == field }); i >= 0 {
			o.Arguments[i] = now
		} else {
			o.Arguments = append(o.Arguments, now)
		}
	}
	set("for", "", unlessZero(was.For), unlessZero(is.For))
	set("keep_firing_for", "", unlessZero(was.KeepFiringFor), unlessZero(is.KeepFiringFor))
	for _, name := range sortedKeys(merged(was.Labels, is.Labels)) {
		set(labelField(name), "label."+name, was.Labels[name], is.Labels[name])
	}
	for _, name := range sortedKeys(merged(was.Annotations, is.Annotations)) {
		set(annotationField(name), "annotation."+name, was.Annotations[name], is.Annotations[name])
	}
	return o
}

// remember brings what a rule remembers of its template up to date with what it says, of which before says what it said before.
func (e *fileEdit) remember(groupIndex, index int, before Rule) error {
	now := e.want[groupIndex].Rules[index]
	origin, remembered := (Entry{Source: now.source}).Origin()
	if !remembered {
		return nil
	}
	note := origin.with(before, now.Rule).note()
	if note == origin.note() {
		return nil
	}
	return e.setNote(groupIndex, index, originLine, "# "+note)
}
