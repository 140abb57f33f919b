package rules

import (
	"fmt"
	"reflect"
	"slices"
)

// withRules returns the content of a file after rules were appended to one of its groups. The result has been read again: all
// that was there is as it was, and the rules are what they should be. Errors are *Error.
func (f *file) withRules(groupIndex int, rules []placedRule) ([]byte, error) {
	d, err := f.memory.document(f)
	if err != nil {
		return nil, notChanged(err)
	}
	content, err := d.appendRules(groupIndex, rules)
	if err != nil {
		return nil, err
	}
	want := f.groups
	if last := len(f.content) - 1; last >= 0 && f.content[last] != '\n' {
		// The newline that the last line gets may belong to the text in it.
		want = readFile("", f.dialect, append(slices.Clone(f.content), d.newline()...)).groups
	}
	want = cloneGroups(want)
	want[groupIndex].Rules = append(want[groupIndex].Rules, rules...)
	_, err = f.verify(content, want)
	return content, err
}

// withoutRule returns the content of a file without one of its rules, nil when it was the last one. The result has been read
// again: all the others are as they were. Errors are *Error.
func (f *file) withoutRule(groupIndex, ruleIndex int) ([]byte, error) {
	d, err := f.memory.document(f)
	if err != nil {
		return nil, notChanged(err)
	}
	content, err := d.removeRule(groupIndex, ruleIndex)
	if err != nil || content == nil {
		return nil, err
	}
	want := cloneGroups(f.groups)
	want[groupIndex].Rules = slices.Delete(want[groupIndex].Rules, ruleIndex, ruleIndex+1)
	if len(want[groupIndex].Rules) == 0 {
		want = slices.Delete(want, groupIndex, groupIndex+1)
	}
	_, err = f.verify(content, want)
	return content, err
}

// verify reads a planned file, compares it with what was meant and returns it. Errors are *Error: one that says that the file cannot be edited
// safely, or, where it came out as meant and was good before, why the ruler would not take that.
func (f *file) verify(content []byte, want []group) (*file, error) {
	planned := f.memory.file(plannedID(content), f.dialect, content)
	if !slices.EqualFunc(planned.groups, want, sameGroup) {
		return nil, notChanged(fmt.Errorf("the edited file reads as %+v, not as %+v", planned.groups, want))
	}
	if len(planned.problems) > 0 && len(f.problems) == 0 {
		// It says what was meant, so that is what the ruler would not take.
		return nil, invalid("", "The ruler would not take this: %s", sentence(planned.problems[0].Text))
	}
	return planned, nil
}

// cloneGroups copies groups so far that their lists of rules can be changed.
func cloneGroups(groups []group) []group {
	groups = slices.Clone(groups)
	for i := range groups {
		groups[i].Rules = slices.Clone(groups[i].Rules)
	}
	return groups
}

// sameGroup reports whether two groups evaluate the same rules in the same way.
func sameGroup(a, b group) bool {
	if len(a.Labels) == 0 && len(b.Labels) == 0 {
		a.Labels, b.Labels = nil, nil
	}
	return a.Name == b.Name && a.Interval == b.Interval && a.Limit == b.Limit &&
		reflect.DeepEqual(a.QueryOffset, b.QueryOffset) && reflect.DeepEqual(a.Labels, b.Labels) &&
		slices.EqualFunc(a.Rules, b.Rules, func(a, b placedRule) bool { return sameRule(a.Rule, b.Rule) })
}

// notChanged is the error for an edit that did not come out as meant.
func notChanged(cause error) *Error {
	return &Error{Kind: Unavailable, Offset: -1, Cause: cause,
		Text: "Nothing was changed: the file is written in a way that cannot be edited safely here. Edit it by hand."}
}
