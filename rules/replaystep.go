package rules

import "slices"

// step is what happened to one rule that stands on either side: the i-th of a group in one file became the j-th in the other.
type step struct {
	was, will *file
	group     string
	i, j      int
}

// remove deletes a rule, if it still stands as it was.
func (m *merge) remove(ref Ref, rule placedRule, at spot) {
	now := m.now(at.path).group(at.group).Rules[at.index]
	if !sameRule(now.Rule, rule.Rule) {
		m.clash(clash{at: ref, was: rule.source, now: now.source, fields: clashing(rule, placedRule{}, now)})
		return
	}
	m.doomed = append(m.doomed, doomed{at.path, at.group, rule.Rule})
}

// replace changes a rule, if it still stands as it was or stands already as it should. Of a change in comments alone, or in the way a rule
// is written, as much is taken over as can be.
func (m *merge) replace(ref Ref, s step, at spot) error {
	old, wanted := s.was.group(s.group).Rules[s.i], s.will.group(s.group).Rules[s.j]
	was, _ := s.was.piece(s.group, s.i)
	will, editable := s.will.piece(s.group, s.j)
	says := !sameRule(old.Rule, wanted.Rule) || !sameNotes(old, wanted)
	if !says && slices.Equal(was.body, will.body) && slices.Equal(was.comments, will.comments) {
		return nil
	}
	if at.index < 0 {
		if says {
			m.clash(clash{at: ref, was: old.source, will: wanted.source})
		}
		return nil
	}
	f := m.now(at.path)
	standing := f.group(at.group).Rules[at.index]
	if says && sameRule(standing.Rule, wanted.Rule) && sameNotes(standing, wanted) {
		return nil
	}
	now, _ := f.piece(at.group, at.index)
	body, ok := choose(was.body, will.body, now.body)
	switch ok = ok && editable; {
	case !ok && says && m.fields:
		return m.setFields(ref, old, wanted, at)
	case !ok && says:
		m.clash(clash{at: ref, was: old.source, will: wanted.source, now: standing.source, fields: clashing(old, wanted, standing)})
		return nil
	}
	comments, agreed := choose(was.comments, will.comments, now.comments)
	if !agreed {
		comments = now.comments
	}
	if !says {
		wanted = standing
	}
	if !ok || slices.Equal(body, now.body) && slices.Equal(comments, now.comments) {
		return nil
	}
	edited, err := f.withPiece(f.groupIndex(at.group), at.index, piece{comments, body}, wanted)
	if err == nil {
		m.edited[at.path] = edited
	}
	return err
}

// choose merges lines that changed on both sides from what they were: the side that changed wins; false when both did, differently.
func choose(was, will, now []string) ([]string, bool) {
	switch {
	case slices.Equal(now, was), slices.Equal(now, will):
		return will, true
	case slices.Equal(was, will):
		return now, true
	}
	return nil, false
}

// there reports whether a rule that is to be added needs no adding: it stands there already, or another one has its name by now.
func (m *merge) there(ref Ref, rule placedRule, standing *group, known pairing) bool {
	for i, r := range standing.rules() {
		if r.Name() != rule.Name() || known.first(i) >= 0 {
			continue // another one's, that stood there before
		}
		if !sameRule(r.Rule, rule.Rule) {
			m.clash(clash{at: ref, will: rule.source, now: r.source, fields: clashing(rule, placedRule{}, r)})
		}
		return true
	}
	return false
}

// add puts rules of another version of a group into the group as it is now, each behind the one that it stands behind there.
func (m *merge) add(path, group string, other *file, otherGroup string, added []int) error {
	if len(added) == 0 {
		return nil
	}
	if m.now(path).group(group) == nil {
		return m.addGroup(path, other, otherGroup, added)
	}
	wanted := other.group(otherGroup)
	for _, j := range added {
		f := m.now(path)
		edited, err := f.withRuleOf(f.groupIndex(group), m.behind(Ref{Path: path, Group: group}, wanted.Rules, j), other, other.groupIndex(otherGroup), j)
		if err != nil {
			return err
		}
		m.edited[path] = edited
	}
	return nil
}

// addGroup puts a group with some of its rules into a file that has it not, or makes the file with it.
func (m *merge) addGroup(path string, other *file, name string, added []int) error {
	only, err := other.only(name, added)
	if err != nil {
		return err
	}
	f := m.now(path)
	if f == nil {
		m.edited[path] = only
		return nil
	}
	at := 0
	for _, before := range other.groups[:other.groupIndex(name)] {
		if i := f.groupIndex(before.Name); i >= at {
			at = i + 1
		}
	}
	edited, err := f.withGroupOf(at, only, only.groupIndex(name))
	if err == nil {
		m.edited[path] = edited
	}
	return err
}

// only returns the file with nothing left but some rules of one group.
func (f *file) only(name string, keep []int) (*file, error) {
	kept := f.groupIndex(name)
	for i, g := range slices.Backward(f.groups) {
		for j := range slices.Backward(g.Rules) {
			if i == kept && slices.Contains(keep, j) {
				continue
			}
			var err error
			if f, err = f.withoutRuleAt(i, j); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// frame takes over what happened to what a group says for all its rules.
func (m *merge) frame(path, group string, old, wanted *group, was, will *file) error {
	f := m.now(path)
	at := Ref{Ruler: m.ruler, Path: path, Group: group}
	switch {
	case wanted == nil:
		return nil
	case f.group(group) == nil:
		if old != nil && !sameSettings(*old, *wanted) {
			m.clash(clash{at: at, was: frameText(was.frameOf(old.Name)), will: frameText(will.frameOf(wanted.Name))})
		}
		return nil
	}
	if old == nil {
		// The group was added, and by now somebody else has one of its name.
		if settings := *wanted; !sameSettings(settings, *f.group(group)) {
			m.clash(clash{at: at, will: frameText(will.frameOf(group)), now: frameText(f.frameOf(group))})
		}
		return nil
	}
	wasFrame, willFrame, now := was.frameOf(old.Name), will.frameOf(wanted.Name), f.frameOf(group)
	if slices.Equal(wasFrame, willFrame) || slices.Equal(now, willFrame) {
		return nil
	}
	if !slices.Equal(now, wasFrame) || now == nil || willFrame == nil {
		if sameSettings(*old, *wanted) {
			return nil
		}
		if done, err := m.setInterval(at, *old, *wanted); done || err != nil {
			return err
		}
		m.clash(clash{at: at, was: frameText(wasFrame), will: frameText(willFrame), now: frameText(now)})
		return nil
	}
	edited, err := f.withFrameOf(f.groupIndex(group), will, will.groupIndex(wanted.Name))
	if err == nil {
		m.edited[path] = edited
	}
	return err
}
