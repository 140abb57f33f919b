package rules

import "regexp"

// setFields changes of a rule what the step changed, and leaves what somebody else changed in it.
func (m *merge) setFields(ref Ref, old, wanted placedRule, at spot) error {
	f := m.now(at.path)
	standing := f.group(at.group).Rules[at.index]
	rule, agreed := threeWay(old.Rule, wanted.Rule, standing.Rule)
	notes, noted := threeWayNotes(old, wanted, standing)
	if !agreed || !noted {
		m.clash(clash{at: ref, was: old.source, will: wanted.source, now: standing.source, fields: clashing(old, wanted, standing)})
		return nil
	}
	edit, err := f.edit()
	if err != nil {
		return err
	}
	group := f.groupIndex(at.group)
	err = edit.setRule(group, at.index, rule)
	for _, n := range notes {
		if err == nil {
			err = edit.setNote(group, at.index, n.line, n.note)
		}
	}
	if err == nil && remembersSo(old, wanted) {
		err = edit.remember(group, at.index, standing.Rule)
	}
	if err != nil {
		return err
	}
	edited, err := edit.done()
	if err == nil {
		m.edited[at.path] = edited
	}
	return err
}

// setInterval changes how often a group is evaluated as the step did, and reports whether that was all of it, and could be.
func (m *merge) setInterval(at Ref, old, wanted group) (done bool, err error) {
	f := m.now(at.Path)
	agreed := m.fields
	interval := third(old.Interval, wanted.Interval, f.group(at.Group).Interval, &agreed)
	if old.Interval = wanted.Interval; !agreed || !sameSettings(old, wanted) {
		return false, nil
	}
	edit, err := f.edit()
	if err == nil {
		err = edit.setInterval(f.groupIndex(at.Group), interval)
	}
	if err == nil {
		m.edited[at.Path], err = edit.done()
	}
	return err == nil, err
}

// threeWay returns what a rule says now, with the fields that will has otherwise than was; false when one of those is a third thing by now.
func threeWay(was, will, now Rule) (Rule, bool) {
	agreed := true
	return Rule{
		Alert: third(was.Alert, will.Alert, now.Alert, &agreed), Record: third(was.Record, will.Record, now.Record, &agreed),
		Expr: third(was.Expr, will.Expr, now.Expr, &agreed), For: third(was.For, will.For, now.For, &agreed),
		KeepFiringFor: third(was.KeepFiringFor, will.KeepFiringFor, now.KeepFiringFor, &agreed),
		Labels:        thirds(was.Labels, will.Labels, now.Labels, &agreed), Annotations: thirds(was.Annotations, will.Annotations, now.Annotations, &agreed),
	}, agreed
}

// third returns what becomes of a value that is now, where it was to become will from was. agreed becomes false when it became a third one meanwhile.
func third[T comparable](was, will, now T, agreed *bool) T {
	if will == was {
		return now
	}
	*agreed = *agreed && (now == was || now == will)
	return will
}

// thirds is third for labels or annotations, of which one that is not there is no empty one.
func thirds(was, will, now map[string]string, agreed *bool) map[string]string {
	type value struct {
		text string
		set  bool
	}
	of := func(texts map[string]string, key string) value {
		text, set := texts[key]
		return value{text, set}
	}
	texts := map[string]string{}
	for key := range merged(merged(was, will), now) {
		if v := third(of(was, key), of(will, key), of(now, key), agreed); v.set {
			texts[key] = v.text
		}
	}
	return texts
}

// noteEdit puts a comment in the place of the one in a line like it; "" is none.
type noteEdit struct {
	line *regexp.Regexp
	note string
}

// threeWayNotes is threeWay for the notes beside a rule: what becomes of those that will has otherwise than was.
func threeWayNotes(was, will, now placedRule) (edits []noteEdit, agreed bool) {
	agreed = true
	notes := func(r placedRule) []string { return Entry{Source: r.source}.notes() }
	of := func(r placedRule, like string) string {
		for _, note := range notes(r) {
			if sameNote(note, like) {
				return note
			}
		}
		return ""
	}
	known := map[string]bool{}
	for _, like := range append(notes(was), notes(will)...) {
		before, after := of(was, like), of(will, like)
		line := noteLine(like)
		if before == after || known[line.String()] || line == originLine && remembersSo(was, will) {
			continue
		}
		known[line.String()] = true
		edits = append(edits, noteEdit{line, third(before, after, of(now, like), &agreed)})
	}
	return edits, agreed
}

// noteLine matches the line of a note like this one.
func noteLine(note string) *regexp.Regexp {
	if a, ok := readAcceptance(note); ok {
		return acceptanceOf(a.Check)
	}
	if expires.MatchString(note) {
		return expires
	}
	return originLine
}

// remembersSo reports whether a rule remembers of its template just what it did before and what options changed in it since.
func remembersSo(was, will placedRule) bool {
	before, had := Entry{Source: was.source}.Origin()
	after, has := Entry{Source: will.source}.Origin()
	return had && has && before.with(was.Rule, will.Rule).note() == after.note()
}
