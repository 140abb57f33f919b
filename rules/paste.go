package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// readPaste reads one rule, a list of rules, a group, a list of groups, or a groups: document. Rules without a group come in one
// without a name.
func readPaste(text string) ([]group, error) {
	groups, d, err := readPasteBare(text)
	if err == nil {
		d.takeOuterComments(groups)
	}
	return groups, err
}

// readPasteBare is readPaste without the comments around the rules, which are in the document.
func readPasteBare(text string) ([]group, *document, error) {
	d, err := readPasted(text)
	if err != nil {
		return nil, nil, pasteError(text, err)
	}
	if line := secondDocument(d.text); line > 0 {
		return nil, nil, invalid("yaml", "Line %d: a second YAML document begins here. Send one at a time, or write the rules as one list without the line ---.", line)
	}
	p := paste{d}
	if d.root != nil {
		straighten(d.root)
	}
	root := resolve(d.root)
	switch {
	case root == nil:
		return nil, nil, invalid("yaml", "There is no rule in this YAML.")
	case has(root, "groups"):
		if err := p.checkKeys(root, "A rule file", "groups"); err != nil {
			return nil, nil, err
		}
		list, _ := field(root, "groups")
		groups, err := p.groups(list)
		return groups, d, err
	case root.Kind == yaml.SequenceNode && len(root.Content) > 0 && has(root.Content[0], "rules"):
		groups, err := p.groups(root)
		return groups, d, err
	case has(root, "rules"):
		groups, err := p.groups(&yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{root}})
		return groups, d, err
	case root.Kind == yaml.SequenceNode:
		rules, err := p.rules(root)
		return []group{{Rules: rules}}, d, err
	case root.Kind == yaml.MappingNode:
		rule, err := p.rule(root)
		return []group{{Rules: []placedRule{{Rule: rule, line: exprLine(root), pasted: root}}}}, d, err
	}
	return nil, nil, invalid("yaml", "This is no rule. A rule is written as\nalert: NAME\nexpr: EXPRESSION")
}

// secondDocument returns the line where a second YAML document begins, 0 when there is none. Only the first would be obeyed.
func secondDocument(text []byte) (line int) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if decoder.Decode(&first) != nil || errors.Is(decoder.Decode(&second), io.EOF) {
		return 0
	}
	return max(second.Line, 1)
}

// readPasted parses pasted text. Whoever copies a rule out of a file often leaves the first line's indentation behind: where the
// text does not parse as it is, the other lines are moved to where they fit the first.
func readPasted(text string) (*document, error) {
	d, err := readDocument([]byte(text))
	if err == nil {
		return d, nil
	}
	first, rest, _ := strings.Cut(strings.TrimLeft(text, " \n"), "\n")
	indent := -1
	for line := range strings.SplitSeq(rest, "\n") {
		if trimmed := strings.TrimLeft(line, " "); trimmed != "" && (indent < 0 || len(line)-len(trimmed) < indent) {
			indent = len(line) - len(trimmed)
		}
	}
	want := 0
	if strings.HasPrefix(first, "- ") && !strings.Contains("\n"+rest, "\n"+strings.Repeat(" ", max(indent, 0))+"- ") {
		want = 2
	}
	if indent <= want {
		return nil, err
	}
	moved := []byte(first)
	for line := range strings.SplitSeq(rest, "\n") {
		moved = append(moved, "\n"+line[min(indent-want, len(line)):]...)
	}
	if d, again := readDocument(moved); again == nil {
		return d, nil
	}
	return nil, err
}

func has(node *yaml.Node, key string) bool {
	value, _ := field(node, key)
	return value != nil
}

// paste reads what was pasted strictly: a key that means nothing is an error.
type paste struct{ *document }

func (p paste) groups(list *yaml.Node) ([]group, error) {
	list = resolve(list)
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, invalid("yaml", "There is no group in this YAML.")
	}
	var groups []group
	for _, node := range list.Content {
		if err := p.checkKeys(node, "A group", "name", "interval", "query_offset", "limit", "labels", "rules"); err != nil {
			return nil, err
		}
		if err := p.checkDurations(node, "interval", "query_offset"); err != nil {
			return nil, err
		}
		g, err := decodeGroupStrictly(node)
		if err != nil {
			return nil, pasteError(string(p.text), err)
		}
		if g.Name == "" {
			return nil, p.errorAt(node, "The group needs a name.")
		}
		rules, _ := field(node, "rules")
		if g.Rules, err = p.rules(rules); err != nil {
			return nil, err
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func (p paste) rules(list *yaml.Node) ([]placedRule, error) {
	list = resolve(list)
	if list == nil || list.Kind != yaml.SequenceNode || len(list.Content) == 0 {
		return nil, invalid("yaml", "There is no rule in this YAML.")
	}
	var rules []placedRule
	for _, node := range list.Content {
		rule, err := p.rule(node)
		if err != nil {
			return nil, err
		}
		rules = append(rules, placedRule{Rule: rule, line: exprLine(node), pasted: resolve(node)})
	}
	return rules, nil
}

func (p paste) rule(node *yaml.Node) (Rule, error) {
	if err := p.checkKeys(node, "A rule", "alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"); err != nil {
		return Rule{}, err
	}
	if err := p.checkDurations(node, "for", "keep_firing_for"); err != nil {
		return Rule{}, err
	}
	rule, err := decodeRuleStrictly(node)
	switch {
	case err != nil:
		return Rule{}, pasteError(string(p.text), err)
	case (rule.Alert == "") == (rule.Record == ""):
		return Rule{}, p.errorAt(node, "A rule has either alert: NAME or record: NAME.")
	case strings.TrimSpace(rule.Expr) == "":
		return Rule{}, p.errorAt(node, "The rule %q needs an expr: EXPRESSION.", rule.Name())
	case len(rule.Expr) > expr.MaxExpression:
		return Rule{}, p.errorAt(node, "The expression of %q is %d bytes long; at most %d are allowed.", rule.Name(), len(rule.Expr), expr.MaxExpression)
	}
	if err := checkName("yaml", "rule", rule.Name()); err != nil {
		return Rule{}, err
	}
	for _, texts := range []map[string]string{rule.Labels, rule.Annotations} {
		for _, key := range sortedKeys(texts) {
			if err := checkText("yaml", texts[key]); err != nil {
				return Rule{}, err
			}
		}
	}
	return rule, nil
}

// checkKeys refuses a node that is no mapping, or has another key than these.
func (p paste) checkKeys(node *yaml.Node, what string, known ...string) error {
	node = resolve(node)
	if node == nil || node.Kind != yaml.MappingNode {
		return p.errorAt(node, "%s is written as lines of “key: value”.", what)
	}
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Tag == "!!merge" || slices.Contains(known, key.Value) {
			continue
		}
		text := fmt.Sprintf("%s has no %q.", what, key.Value)
		if near := Nearest(key.Value, known); len(near) > 0 {
			text += fmt.Sprintf(" Did you mean %q?", near[0])
		}
		return p.errorAt(key, "%s", text)
	}
	return nil
}

// errorAt is the error for what stands at a node.
func (p paste) errorAt(node *yaml.Node, format string, args ...any) *Error {
	e := invalid("yaml", format, args...)
	if node != nil && node.Line > 0 {
		e.Text = fmt.Sprintf("Line %d: %s", node.Line, e.Text)
		e.Offset = p.offset(node)
	}
	return e
}

var yamlErrorLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

// pasteError is the error for text that is no YAML, or not YAML of the right kind.
func pasteError(text string, err error) *Error {
	reason := err.Error()
	var types *yaml.TypeError
	if errors.As(err, &types) && len(types.Errors) > 0 {
		reason = types.Errors[0]
	}
	e := invalid("yaml", "The YAML cannot be read: %s", sentence(strings.TrimPrefix(reason, "yaml: ")))
	if m := yamlErrorLine.FindStringSubmatch(reason); m != nil {
		line, _ := strconv.Atoi(m[1])
		starts := lineStarts([]byte(text))
		if line >= 1 && line < len(starts) {
			e.Text = fmt.Sprintf("Line %d: %s", line, sentence(reason[len(m[0]):]))
			e.Offset = starts[line-1]
		}
	}
	return e
}
