package expr

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// RuleText is a rule as its file writes it, with where its parts stand.
type RuleText struct {
	file *file
	rule *yaml.Node
}

// ReadRuleText reads a rule's text: a list with this rule alone, and comments. False when it cannot be read without what stands around it:
// a rule that refers to an anchor elsewhere, for one.
func ReadRuleText(source string) (*RuleText, bool) {
	text := ReadDocument([]byte(source))
	if len(text.problems) > 0 {
		return nil, false
	}
	rules := elements(text.Root)
	if len(rules) != 1 || rules[0].Kind != yaml.MappingNode {
		return nil, false
	}
	return &RuleText{&file{content: text.content, root: text.Root}, rules[0]}, true
}

// Line returns a line of the text, from 1; "" when there is none.
func (t *RuleText) Line(number int) string {
	if number < 1 {
		return ""
	}
	return t.file.line(number)
}

// Place returns the line and the column, in characters, both from 1, of the byte at an offset in a field's value. The field is named as
// rules.Rule.Fields names it: "expr", "name", "label severity"; "" is where the rule begins, and so is a field that it has not.
func (t *RuleText) Place(field string, offset int) (line, column int) {
	key, name, inMap := strings.Cut(field, " ")
	var node *yaml.Node
	switch {
	case inMap:
		node = value(value(t.rule, key+"s"), name)
	case key == "name":
		if node = value(t.rule, "alert"); node == nil {
			node = value(t.rule, "record")
		}
	default:
		node = value(t.rule, key)
	}
	if node == nil {
		return t.rule.Line, t.rule.Column
	}
	p := t.file.inside(node, offset, Problem{})
	return p.Line, p.Column
}
