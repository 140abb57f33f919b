package rules

import "slices"

// withRuleOf returns the file with a rule of another file put into a group before the rule at index. Errors are *Error.
func (f *file) withRuleOf(groupIndex, index int, other *file, otherGroup, otherIndex int) (*file, error) {
	d, from, err := readBoth(f, other)
	if err != nil {
		return nil, err
	}
	list, source := d.ruleList(groupIndex), from.ruleList(otherGroup)
	if !list.block || !source.block || len(list.items) == 0 {
		return nil, byHand("the rules of the group %q are not written one below the other with dashes", f.groups[groupIndex].Name)
	}
	want := cloneGroups(f.groups)
	want[groupIndex].Rules = slices.Insert(want[groupIndex].Rules, index, other.groups[otherGroup].Rules[otherIndex])
	return f.oneOf(want, func(blank bool) []byte {
		return d.inserted(list, index, from.piece(source, otherIndex), blank)
	}, from.apart(source, otherIndex) || d.spaced(list))
}

// withGroupOf returns the file with a group of another file put before the group at index. Errors are *Error.
func (f *file) withGroupOf(index int, other *file, otherIndex int) (*file, error) {
	d, from, err := readBoth(f, other)
	if err != nil {
		return nil, err
	}
	list, source := d.groups(), from.groups()
	if !list.block || !source.block || len(list.items) == 0 {
		return nil, byHand("the groups of this file are not written one below the other with dashes")
	}
	want := slices.Insert(cloneGroups(f.groups), index, other.groups[otherIndex])
	return f.oneOf(want, func(blank bool) []byte {
		return d.inserted(list, index, from.piece(source, otherIndex), blank)
	}, from.apart(source, otherIndex) || d.apart(list, 0))
}

// oneOf returns the file as an edit makes it, with a blank line or else, where that would change a text, without one.
func (f *file) oneOf(want []group, edit func(blank bool) []byte, blank bool) (*file, error) {
	edited, err := f.edited(edit(blank), want)
	if err != nil && blank {
		return f.edited(edit(false), want)
	}
	return edited, err
}

// withPiece returns the file with other lines for one of its rules, which then says what is wanted. Errors are *Error.
func (f *file) withPiece(groupIndex, index int, p piece, wanted placedRule) (*file, error) {
	d, err := f.memory.document(f)
	if err != nil {
		return nil, notChanged(err)
	}
	list := d.ruleList(groupIndex)
	if !list.block {
		return nil, byHand("the rules of the group %q are not written one below the other with dashes", f.groups[groupIndex].Name)
	}
	if alias := aliasInto(d.root, list.items[index]); alias != nil {
		return nil, byHand("line %d refers to a part of it (*%s)", alias.Line, alias.Value)
	}
	want := cloneGroups(f.groups)
	want[groupIndex].Rules[index] = wanted
	return f.edited(d.spliced(list.spans[index], d.indented(slices.Concat(p.comments, p.body), list.node.Column-1)), want)
}

// withoutRuleAt is withoutRule as a file; nil when it was the last rule.
func (f *file) withoutRuleAt(groupIndex, index int) (*file, error) {
	content, err := f.withoutRule(groupIndex, index)
	if err != nil || content == nil {
		return nil, err
	}
	return f.memory.file(plannedID(content), f.dialect, content), nil
}

// withFrameOf returns the file with what another file's group says for all its rules. Errors are *Error.
func (f *file) withFrameOf(groupIndex int, other *file, otherIndex int) (*file, error) {
	d, from, err := readBoth(f, other)
	if err != nil {
		return nil, err
	}
	column, otherColumn := d.groups().node.Column-1, from.groups().node.Column-1
	above, below := d.frame(groupIndex)
	otherAbove, otherBelow := from.frame(otherIndex)
	text := slices.Concat(d.text[:d.starts[above.first]],
		d.indented(from.dedented(otherAbove, otherColumn), column), d.text[d.starts[above.end]:d.starts[below.first]],
		d.indented(from.dedented(otherBelow, otherColumn), column), d.text[d.starts[below.end]:])
	want := cloneGroups(f.groups)
	rules := want[groupIndex].Rules
	want[groupIndex] = other.groups[otherIndex]
	want[groupIndex].Rules = rules
	return f.edited(text, want)
}

// edited returns the file with another content, after that was read and found to say what is wanted.
func (f *file) edited(content []byte, want []group) (*file, error) {
	return f.verify(content, want)
}

func readBoth(f, other *file) (d, from *document, err error) {
	if d, err = f.memory.document(f); err == nil {
		from, err = other.memory.document(other)
	}
	if err != nil {
		return nil, nil, notChanged(err)
	}
	return d, from, nil
}
