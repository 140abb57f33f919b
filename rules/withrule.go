package rules

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// The order in which a rule and a group are written.
var (
	ruleOrder  = []string{"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
	groupOrder = []string{"name", "interval", "query_offset", "limit", "labels", "rules"}
)

// fileEdit is a rule file some of whose rules become others. All that is done to it is about the file as it was, and is done at once in the end,
// so that many rules of a large file cost little more than one.
type fileEdit struct {
	file    *file
	d       *document
	patches []patch
	want    []group
}

// edit begins to edit a file. Errors are *Error.
func (f *file) edit() (*fileEdit, error) {
	d, err := f.memory.document(f)
	if err != nil {
		return nil, notChanged(err)
	}
	return &fileEdit{file: f, d: d, want: cloneGroups(f.groups)}, nil
}

// done returns the file as it becomes: it has been read again, and says what is wanted and else what it said before. Errors are *Error.
func (e *fileEdit) done() (*file, error) {
	if len(e.patches) == 0 {
		return e.file, nil
	}
	content, ok := e.d.patched(e.patches)
	if !ok {
		return nil, byHand("the keys of the rule stand in an unusual order")
	}
	return e.file.edited(content, e.want)
}

// add notes a patch that could be made.
func (e *fileEdit) add(p patch, err error) error {
	if err == nil {
		e.patches = append(e.patches, p)
	}
	return err
}

// setRule makes a rule say what is wanted: of its fields those that differ are written anew. Errors are *Error.
func (e *fileEdit) setRule(groupIndex, index int, wanted Rule) error {
	edits := fieldEdits(e.want[groupIndex].Rules[index].Rule, wanted)
	if len(edits) == 0 {
		return nil
	}
	list := e.d.ruleList(groupIndex)
	if !list.block {
		return byHand("the rules of the group %q are not written one below the other with dashes", e.want[groupIndex].Name)
	}
	e.want[groupIndex].Rules[index].Rule = wanted
	rule, ok := blockOf(list.items[index], list.spans[index].end)
	if !ok {
		return e.add(e.d.rewrite(list, index, wanted))
	}
	for _, edit := range edits {
		var err error
		switch {
		case edit.entries != nil:
			err = e.setEntries(rule, edit)
		case edit.value == nil:
			err = e.add(e.d.removeField(rule, edit.field))
		default:
			err = e.add(e.d.setField(rule, edit.field, edit.value, ruleOrder))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// setEntries makes a rule's labels or annotations those that are wanted: one by one where they are written so, else all anew.
func (e *fileEdit) setEntries(rule block, edit fieldEdit) error {
	node, own := texts(edit.entries), false
	var entries block
	if at := rule.index(edit.field); at >= 0 {
		entries, own = blockOf(rule.node.Content[at+1], e.d.pair(rule, at).end)
	}
	if !own || slices.ContainsFunc(entries.node.Content, func(n *yaml.Node) bool { return n.Tag == "!!merge" }) {
		return e.add(e.d.setField(rule, edit.field, node, ruleOrder))
	}
	for i := 0; i < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		if was, had := edit.was[key]; had && was == value.Value {
			continue
		}
		if err := e.add(e.d.setField(entries, key, value, nil)); err != nil {
			return err
		}
	}
	for _, key := range sortedKeys(edit.was) {
		if _, stays := edit.entries[key]; stays {
			continue
		}
		if err := e.add(e.d.removeField(entries, key)); err != nil {
			return err
		}
	}
	return nil
}

// rewrite writes a rule anew below the comments above it.
func (d *document) rewrite(list sequence, index int, wanted Rule) (patch, error) {
	item := list.items[index]
	if hasComments(item) {
		return patch{}, byHand("there are comments in the rule's own lines, which are not written one key below the other")
	}
	if alias := aliasInto(d.root, item); alias != nil {
		return patch{}, byHand("line %d refers to a part of it (*%s)", alias.Line, alias.Value)
	}
	lines := strings.Split(strings.TrimSuffix(wanted.YAML(), "\n"), "\n")
	return d.put(span{d.dashLine(list.node, item), list.spans[index].end}, d.indented(lines, list.node.Column-1)), nil
}

// setInterval makes a group be evaluated so often; 0 leaves it to the ruler. Errors are *Error.
func (e *fileEdit) setInterval(groupIndex int, interval time.Duration) error {
	if e.want[groupIndex].Interval == interval {
		return nil
	}
	groups := e.d.groups()
	group, ok := blockOf(groups.items[groupIndex], groups.spans[groupIndex].end)
	if !ok || !groups.block {
		return byHand("the group is not written one key below the other")
	}
	e.want[groupIndex].Interval = interval
	if interval == 0 {
		return e.add(e.d.removeField(group, "interval"))
	}
	return e.add(e.d.setField(group, "interval", duration(interval), groupOrder))
}

// setNote puts a comment into a line of its own below a rule's first key, in place of one there or above the rule that matches; "" takes that
// away. Errors are *Error.
func (e *fileEdit) setNote(groupIndex, index int, old *regexp.Regexp, note string) error {
	d, list := e.d, e.d.ruleList(groupIndex)
	if !list.block {
		return byHand("the rules of the group %q are not written one below the other with dashes", e.want[groupIndex].Name)
	}
	rule, ok := blockOf(list.items[index], list.spans[index].end)
	if !ok {
		return byHand("the rule is not written one key below the other")
	}
	below := d.pair(rule, 0).end
	at, column := span{below, below}, rule.node.Column-1
	for line := list.spans[index].first; line < list.spans[index].end; line++ {
		if line >= below && !d.isComment(line) && !d.isBlank(line) {
			break
		}
		if outside := line < d.dashLine(list.node, rule.node) || line >= below; outside && old.MatchString(d.line(line)) {
			at, column = span{line, line + 1}, d.indent(line)
			break
		}
	}
	switch {
	case note != "":
		return e.add(d.put(at, d.indented([]string{note}, column)), nil)
	case at.first < at.end:
		return e.add(d.put(at, nil), nil)
	}
	return nil
}

// fieldEdit is one field of a rule that becomes another.
type fieldEdit struct {
	field   string            // "for", "labels"
	value   *yaml.Node        // nil: it goes
	entries map[string]string // instead of a value: all that the field, labels or annotations, is to have
	was     map[string]string // and had
}

// fieldEdits returns what makes one rule of another of its kind.
func fieldEdits(old, wanted Rule) []fieldEdit {
	var edits []fieldEdit
	set := func(field, was, is string) {
		switch {
		case was == is:
		case is == "":
			edits = append(edits, fieldEdit{field: field})
		default:
			edits = append(edits, fieldEdit{field: field, value: text(is)})
		}
	}
	set("alert", old.Alert, wanted.Alert)
	set("record", old.Record, wanted.Record)
	set("expr", old.Expr, wanted.Expr)
	set("for", unlessZero(old.For), unlessZero(wanted.For))
	set("keep_firing_for", unlessZero(old.KeepFiringFor), unlessZero(wanted.KeepFiringFor))
	setAll := func(field string, was, is map[string]string) {
		switch {
		case maps.Equal(was, is):
		case len(is) == 0:
			edits = append(edits, fieldEdit{field: field})
		default:
			edits = append(edits, fieldEdit{field: field, was: was, entries: is})
		}
	}
	setAll("labels", old.Labels, wanted.Labels)
	setAll("annotations", old.Annotations, wanted.Annotations)
	return edits
}

func unlessZero(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return FormatDuration(d)
}
