package rules

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// appendRules returns the file with rules added at the end of one of its groups, and every other byte as it was. Only a file
// whose last line has no newline gets one. Errors are *Error.
func (d *document) appendRules(groupIndex int, rules []placedRule) ([]byte, error) {
	groups := d.groups()
	group := groups.items[groupIndex]
	if !groups.block {
		return nil, byHand("the groups of this file are not written one below the other with dashes")
	}
	list := d.rules(group, groups.spans[groupIndex].end)
	line, column, blank, err := d.appendAt(group, list, groups.spans[groupIndex].end)
	if err != nil {
		return nil, err
	}
	newline := d.newline()
	var insert bytes.Buffer
	switch before := d.text[:d.starts[line]]; {
	case bytes.HasSuffix(before, []byte("\r")):
		return nil, byHand("line %d ends in a carriage return alone", line) // a newline behind it would become part of it
	case len(before) > 0 && before[len(before)-1] != '\n':
		insert.WriteString(newline)
	}
	for _, r := range rules {
		if blank {
			insert.WriteString(newline)
		}
		for text := range strings.Lines(string(renderRules([]placedRule{r}))) {
			text = strings.TrimSuffix(text, "\n")
			if text != "" {
				insert.WriteString(strings.Repeat(" ", column) + text)
			}
			insert.WriteString(newline)
		}
	}
	return slices.Concat(d.text[:d.starts[line]], insert.Bytes(), d.text[d.starts[line]:]), nil
}

// appendAt returns where a rule can be added to a group's list: before which line, how many spaces deep, and whether a
// blank line is to stand before it, as it does between the others.
func (d *document) appendAt(group *yaml.Node, list sequence, limit int) (line, column int, blank bool, err error) {
	switch {
	case list.node == nil:
		return 0, 0, false, byHand("the group has no list of rules")
	case list.block:
		last := len(list.spans) - 1
		return list.spans[last].end, list.node.Column - 1, d.spaced(list), nil
	case list.node.Kind == yaml.ScalarNode && list.node.Value == "" && list.node.Style == 0 && list.node.Anchor == "":
		// "rules:" and nothing behind it.
		return min(list.node.Line, limit), group.Column - 1 + 2, false, nil
	case list.node.Kind == yaml.AliasNode:
		return 0, 0, false, byHand("the group's rules are an alias (*%s) of another list", list.node.Value)
	default:
		return 0, 0, false, byHand("the group's rules are not written one below the other with dashes")
	}
}

// spaced reports whether blank lines stand between the rules: of the list, where it has several, else of the file.
func (d *document) spaced(list sequence) bool {
	if n := len(list.spans); n > 1 {
		return d.isBlank(list.spans[n-1].first - 1)
	}
	groups := d.groups()
	for i, group := range groups.items {
		if other := d.rules(group, groups.spans[i].end); other.block && len(other.spans) > 1 {
			return d.isBlank(other.spans[1].first - 1)
		}
	}
	return false
}

// removeRule returns the file without one rule and the comments that belong to it, every other byte as it was; nil when it
// was the file's last rule. A group that has no other rule goes with it. Errors are *Error.
func (d *document) removeRule(groupIndex, ruleIndex int) ([]byte, error) {
	groups := d.groups()
	list := d.rules(groups.items[groupIndex], groups.spans[groupIndex].end)
	index := ruleIndex
	if len(list.items) == 1 {
		list, index = groups, groupIndex
	}
	if len(list.items) == 1 {
		return nil, nil
	}
	if !list.block {
		return nil, byHand("this part of the file is not written line by line with dashes")
	}
	if alias := aliasInto(d.root, list.items[index]); alias != nil {
		return nil, byHand("line %d refers to a part of it (*%s)", alias.Line, alias.Value)
	}
	cut := d.withBlanks(list, index)
	return slices.Concat(d.text[:d.starts[cut.first]], d.text[d.starts[cut.end]:]), nil
}

// withBlanks returns the lines of an item and those blank lines around it that would be too many without it.
func (d *document) withBlanks(list sequence, index int) span {
	cut := list.spans[index]
	if index == len(list.spans)-1 {
		for cut.first > list.spans[index-1].end && d.isBlank(cut.first-1) {
			cut.first--
		}
		return cut
	}
	if index == 0 || d.isBlank(cut.first-1) {
		for cut.end < list.spans[index+1].first && d.isBlank(cut.end) {
			cut.end++
		}
	}
	return cut
}

// newline returns what ends a line in this file.
func (d *document) newline() string {
	if i := bytes.IndexByte(d.text, '\n'); i > 0 && d.text[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// aliasInto returns an alias outside part that refers to an anchor in it; nil when there is none.
func aliasInto(root, part *yaml.Node) *yaml.Node {
	inside := map[*yaml.Node]bool{}
	walk(part, func(node *yaml.Node) { inside[node] = true })
	var found *yaml.Node
	walk(root, func(node *yaml.Node) {
		if node.Kind == yaml.AliasNode && inside[node.Alias] && !inside[node] {
			found = node
		}
	})
	return found
}

// walk visits a node and all below it, without following aliases.
func walk(node *yaml.Node, visit func(*yaml.Node)) {
	visit(node)
	for _, child := range node.Content {
		walk(child, visit)
	}
}

// byHand is the error for what cannot be edited without touching lines that are not the rule's own.
func byHand(format string, args ...any) *Error {
	return &Error{Kind: Conflict, Offset: -1,
		Text: fmt.Sprintf(format, args...) + ", so it cannot be changed without touching other lines. Edit the file by hand."}
}
