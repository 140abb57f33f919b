package rules

import (
	"fmt"
	"slices"
	"strings"
)

// clash is what a commit and a later one did to the same rule, group or file; an empty text says that it is not there.
type clash struct {
	at             Ref // without a name for a group, without a group for a file
	was, will, now string
	fields         []string // of a rule, those in which it is not as it was; none where that is not told
}

func (m *merge) clash(c clash) { m.clashes = append(m.clashes, c) }

// maxClashLines bounds how much of each of two differences an explanation shows; maxClashes, of how many clashes; maxClashesNamed, how many it names.
const (
	maxClashLines   = 30
	maxClashes      = 3
	maxClashesNamed = 20
)

// Stuck is the cause of an error about a commit that cannot be done again, or taken back, as later changes touched the same.
type Stuck struct {
	At    []Ref    // the rules, the groups (without a name) and the files (without a group) that they touched
	Named []string // what each of At is called: "\"disk\" in prometheus/ops/disk.yaml"
	Fit   []Ref    // the rules for which it can be done all the same
	paths InTheWay
}

// Error names the files.
func (s Stuck) Error() string { return s.paths.Error() }

// Unwrap returns the files, as InTheWay.
func (s Stuck) Unwrap() error { return s.paths }

// mayLeave reports whether all that is in conflict may stay as it is, and something is left to be done: the rules that fit.
func (m *merge) mayLeave(leave, fit []Ref) bool {
	return len(fit) > 0 && m.leaves(leave)
}

// leaves reports whether all that is in conflict is to stay as it is.
func (m *merge) leaves(leave []Ref) bool {
	return !slices.ContainsFunc(m.clashes, func(c clash) bool { return !slices.Contains(leave, c.at) })
}

// nothingBeside returns the error about a part that is to be taken back of a commit of which there is nothing but what is in conflict.
func (m *merge) nothingBeside() error {
	return conflict("", "There is nothing more to take back in part: of what that commit did only what later changes touched as well is there still: %s.", m.places())
}

// places names what is in conflict, the first of much.
func (m *merge) places() string {
	var places []string
	for _, c := range m.clashes[:min(len(m.clashes), maxClashesNamed)] {
		places = append(places, m.title(c.at)+c.fieldsText())
	}
	if more := len(m.clashes) - maxClashesNamed; more > 0 {
		places = append(places, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(places, "; ")
}

// conflict returns the error that explains the clashes of a replay; fit is the rules for which it can be done.
func (m *merge) conflict(r Replay, fit []Ref) error {
	commit, cannot := r.words()
	stuck := Stuck{Fit: fit}
	var detail strings.Builder
	for i, c := range m.clashes {
		stuck.At, stuck.Named, stuck.paths = append(stuck.At, c.at), append(stuck.Named, m.title(c.at)), append(stuck.paths, m.book.rulebookPath(c.at))
		if i >= maxClashes {
			continue
		}
		before, after := c.was, c.will
		if r.Back {
			before, after = c.will, c.was
		}
		fmt.Fprintf(&detail, "%s\n%s%s", m.title(c.at), between("before "+commit, before, "after "+commit, after), between("after "+commit, after, "now", c.now))
	}
	return &Error{Kind: Conflict, Offset: -1, Detail: strings.TrimRight(detail.String(), "\n"), Cause: stuck,
		Text: fmt.Sprintf("Later changes touched the same: %s. So %s by itself.", m.places(), cannot)}
}

// notKept names all that is in conflict.
func (m *merge) notKept() string {
	var places []string
	for _, c := range m.clashes[:min(len(m.clashes), maxAlertTrailers)] {
		places = append(places, m.title(c.at)+c.fieldsText())
	}
	if more := len(m.clashes) - maxAlertTrailers; more > 0 {
		places = append(places, fmt.Sprintf("and %d more", more))
	}
	return "Later changes touched the same: " + strings.Join(places, "; ")
}

// ways returns the files of all that is in conflict.
func (m *merge) ways() (paths InTheWay) {
	for _, c := range m.clashes {
		paths = append(paths, m.book.rulebookPath(c.at))
	}
	return paths
}

// maxClashFields is how many fields of a rule in conflict are named.
const maxClashFields = 5

// fieldsText names the fields, with a space before it: " (expr, label severity)"; "" for none. It says so where what the commit changed is gone.
func (c clash) fieldsText() string {
	if c.was != "" && c.now == "" {
		return " (not there any more)"
	}
	var fields []string
	for _, field := range c.fields[:min(len(c.fields), maxClashFields)] {
		fields = append(fields, inLine(field)) // the name of a label may be any text
	}
	if more := len(c.fields) - len(fields); more > 0 {
		fields = append(fields, fmt.Sprintf("and %d more", more))
	}
	if len(fields) == 0 {
		return ""
	}
	return " (" + strings.Join(fields, ", ") + ")"
}

// clashing returns the fields of a rule that were changed since, by what it was, was to become and is: those that the step changed as well and otherwise, or
// else all.
func clashing(was, will, now placedRule) (fields []string) {
	values := func(changes []FieldChange) map[string]string {
		is := map[string]string{}
		for _, c := range changes {
			is[c.Field] = c.Is
		}
		return is
	}
	entry := Entry{Rule: was.Rule}
	step, since := values(entry.ChangesTo(Entry{Rule: will.Rule}, "")), entry.ChangesTo(Entry{Rule: now.Rule}, "")
	var all []string
	for _, c := range since {
		all = append(all, c.Field)
		if wanted, both := step[c.Field]; both && wanted != c.Is {
			fields = append(fields, c.Field)
		}
	}
	if len(fields) == 0 {
		return all
	}
	return fields
}

// words returns what the commit is called, and what cannot be done where something else was changed since.
func (r Replay) words() (commit, cannot string) {
	switch {
	case r.Verb == Resume{}.Action():
		return "the pause", "the rule cannot be put back"
	case r.Back:
		return "that commit", "that commit cannot be taken back"
	}
	return "that commit", "that commit cannot be done again"
}

// title names what a clash is about.
func (m *merge) title(at Ref) string {
	path := m.book.rulebookPath(at)
	switch {
	case at.Paused() && at.Name != "" && m.book.aside[at.Path] == nil:
		return fmt.Sprintf("the rule %q, which was paused", at.Name)
	case at.Name != "":
		return fmt.Sprintf("%q in %s", at.Name, path)
	case at.Group != "":
		return fmt.Sprintf("the group %q in %s", at.Group, path)
	}
	return "the file " + path
}

// between returns the difference of two texts, cut to what can be read in a chat.
func between(oldName, older, newName, newer string) string {
	if older == newer {
		return fmt.Sprintf("%s and %s it is the same.\n", oldName, newName)
	}
	lines := strings.SplitAfter(Difference(oldName, older, newName, newer), "\n")
	if len(lines) > maxClashLines {
		lines = append(lines[:maxClashLines:maxClashLines], fmt.Sprintf("… %d more lines\n", len(lines)-maxClashLines))
	}
	return strings.Join(lines, "")
}

// contentOf returns the content of a file that may be none.
func contentOf(f *file) string {
	if f == nil {
		return ""
	}
	return string(f.content)
}

// groupIndex returns the place of the first group of that name; -1 when there is none.
func (f *file) groupIndex(name string) int {
	if f != nil {
		for i := range f.groups {
			if f.groups[i].Name == name {
				return i
			}
		}
	}
	return -1
}

// piece returns a rule's lines; false where they cannot be told from others.
func (f *file) piece(group string, index int) (piece, bool) {
	d, err := f.memory.document(f)
	if err != nil {
		return piece{}, false
	}
	list := d.ruleList(f.groupIndex(group))
	if !list.block || index >= len(list.items) {
		return piece{}, false
	}
	return d.piece(list, index), true
}

// frameOf returns the lines of a group that are not its rules', without indentation; nil where they cannot be told from those.
func (f *file) frameOf(group string) []string {
	d, err := f.memory.document(f)
	if err != nil {
		return nil
	}
	groups, index := d.groups(), f.groupIndex(group)
	if list := d.ruleList(index); !groups.block || !list.block || len(list.items) == 0 {
		return nil
	}
	above, below := d.frame(index)
	column := groups.node.Column - 1
	return append(d.dedented(above, column), d.dedented(below, column)...)
}

func frameText(lines []string) string { return strings.Join(lines, "\n") + "\n" }
