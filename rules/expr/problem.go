package expr

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"
)

// problemAt returns a problem with a node; without a place when the node is nil.
func problemAt(node *yaml.Node, format string, args ...any) Problem {
	return Problem{Text: fmt.Sprintf(format, args...)}.at(node)
}

// at moves a problem to a node, if there is one.
func (p Problem) at(node *yaml.Node) Problem {
	if node != nil {
		p.Line, p.Column = node.Line, node.Column
	}
	return p
}

// explain turns one of rulefmt's errors into problems that a person can act on: where, in which rule, what.
func (f *file) explain(err error) []Problem {
	var failed *rulefmt.Error
	if !errors.As(err, &failed) {
		return f.documentProblems(err)
	}
	rule := f.rule(failed.Group, failed.Rule-1)
	p := f.ruleProblem(rule, failed)
	p.Text = fmt.Sprintf("group %q, rule %s: %s", failed.Group, ruleName(failed), p.Text)
	return []Problem{p}
}

func ruleName(failed *rulefmt.Error) string {
	if failed.RuleName == "" {
		return "number " + strconv.Itoa(failed.Rule)
	}
	return strconv.Quote(failed.RuleName)
}

// field is how rulefmt names the label or annotation that an error is about.
var field = regexp.MustCompile(`^(?:(label|annotation) "([^"]*)"|invalid (label|annotation) name): (.*)`)

// ruleProblem finds the place of a rule's error: that in the expression, the label's or annotation's, else the rule's.
func (f *file) ruleProblem(rule *yaml.Node, failed *rulefmt.Error) Problem {
	p := placed(failed.Err.Error())
	if p.Line == 0 {
		p = p.at(rule)
	}
	var syntax *SyntaxError
	if errors.As(&failed.Err, &syntax) {
		p.Text = syntax.Text
		return f.inside(value(rule, "expr"), syntax.Offset, p)
	}
	if m := field.FindStringSubmatch(p.Text); m != nil {
		kind, name := m[1]+m[3], m[2]
		if name == "" {
			name = m[4]
		}
		key, _ := entry(value(rule, kind+"s"), name)
		p = p.at(key)
		p.Text = strings.Replace(p.Text, "template: __alert_"+failed.RuleName+":", "the template is wrong in its line ", 1)
	}
	return p
}

// inside returns p moved to the byte at an offset in a text of the file, or to the text's beginning when the file does not write it
// literally there: with escapes, or folded.
func (f *file) inside(text *yaml.Node, offset int, p Problem) Problem {
	p = p.at(text)
	if text == nil || offset < 0 || offset > len(text.Value) {
		return p
	}
	before := text.Value[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(text.Value[start:], "\n")
	number := text.Line + strings.Count(before, "\n") // from 1
	if text.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		number++ // the text begins below its | or >
	}
	if number > len(f.lines) {
		return p
	}
	source := f.lines[number-1]
	from := 0
	if number == text.Line {
		from = min(len(source), text.Column-1)
	}
	if i := strings.Index(source[from:], line); i >= 0 && line != "" {
		p.Line, p.Column = number, utf8.RuneCountInString(source[:from+i]+before[start:])+1
	}
	return p
}

// rule returns the i-th rule of the group with this name; nil when there is none.
func (f *file) rule(group string, i int) *yaml.Node {
	for _, g := range elements(value(f.root, "groups")) {
		if name := value(g, "name"); name != nil && name.Value == group {
			if rules := elements(value(g, "rules")); i < len(rules) {
				return rules[i]
			}
		}
	}
	return nil
}

// place is how rulefmt writes a position before its texts: once, or twice when two nodes are to blame; the YAML reader
// writes a line only.
var place = regexp.MustCompile(`^(?:(\d+):(\d+)|(?:yaml: )?line (\d+)): `)

// placed splits a text into its position and the rest.
func placed(text string) Problem {
	var p Problem
	for m := place.FindStringSubmatch(text); m != nil; m = place.FindStringSubmatch(text) {
		if p.Line == 0 {
			p.Line, _ = strconv.Atoi(m[1] + m[3])
			p.Column, _ = strconv.Atoi(m[2])
		}
		text = text[len(m[0]):]
	}
	p.Text = strings.TrimPrefix(text, "yaml: ")
	return p
}

// documentProblems turns an error of the YAML reader, or of rulefmt about groups, into problems.
func (f *file) documentProblems(err error) []Problem {
	var typeError *yaml.TypeError
	texts := []string{err.Error()}
	if errors.As(err, &typeError) {
		texts = typeError.Errors
	}
	var problems []Problem
	for _, text := range texts {
		p := placed(text)
		if p.Line == 0 {
			p = f.placeGroup(p)
		}
		if p.Line == 0 {
			p = f.placeDuration(f.root, p)
		}
		p.Text = plainYAML(p.Text)
		problems = append(problems, p)
	}
	return problems
}

// repeated is what rulefmt says of a group's name, with the name as %s prints it.
var repeated = regexp.MustCompile(`(?s)^groupname: "(.*)" is repeated in the same file$`)

// placeGroup finds the group that an error is about; rulefmt's own position is always 0:0.
func (f *file) placeGroup(p Problem) Problem {
	m := repeated.FindStringSubmatch(p.Text)
	if m == nil && p.Text != "Groupname must not be empty" {
		return p
	}
	before := map[string]bool{}
	for _, group := range elements(value(f.root, "groups")) {
		name := value(group, "name")
		switch {
		case m == nil && (name == nil || name.Value == ""):
			return problemAt(group, "a group must have a name")
		case m != nil && name != nil && name.Value == m[1] && before[m[1]]:
			return problemAt(name, "a group has the name %q already", m[1])
		case name != nil:
			before[name.Value] = true
		}
	}
	return p
}

// placeDuration finds the duration that an error is about; rulefmt does not tell.
func (f *file) placeDuration(node *yaml.Node, p Problem) Problem {
	if node == nil {
		return p
	}
	for _, key := range []string{"for", "keep_firing_for", "interval", "query_offset"} {
		if k, v := entry(node, key); k != nil && resolve(v).Kind == yaml.ScalarNode {
			if _, err := model.ParseDuration(resolve(v).Value); err != nil && err.Error() == p.Text {
				p.Text = key + ": " + p.Text
				return p.at(v)
			}
		}
	}
	for _, child := range node.Content {
		if found := f.placeDuration(child, p); found.Line != 0 {
			return found
		}
	}
	return p
}

var (
	unknownKey = regexp.MustCompile(`^field (.*) not found in type rulefmt\.(\w+?)(?:Node)?$`)
	wrongType  = regexp.MustCompile("^cannot unmarshal !!(\\w+) (?:`.*` )?into (.+?)(?:Node)?$")
	thing      = map[string]string{
		"RuleGroups": "a rule file", "RuleGroup": "a group", "Rule": "a rule",
		"rulefmt.RuleGroups": "a mapping with the key groups", "rulefmt.ruleGroups": "a mapping with the key groups",
		"rulefmt.RuleGroup": "a group", "rulefmt.Rule": "a rule", "[]rulefmt.RuleGroup": "a list of groups", "[]rulefmt.Rule": "a list of rules",
		"map[string]string": "a mapping of names to texts", "string": "a text", "int": "a whole number",
		"seq": "a list", "map": "a mapping", "str": "a text", "bool": "true or false", "float": "a number", "null": "nothing",
	}
)

// plainYAML says in words what the YAML reader says in Go's types.
func plainYAML(text string) string {
	if m := unknownKey.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("%s has no key %q", cmp.Or(thing[m[2]], m[2]), m[1])
	}
	if m := wrongType.FindStringSubmatch(text); m != nil {
		return fmt.Sprintf("this is %s, and should be %s", cmp.Or(thing[m[1]], m[1]), cmp.Or(thing[m[2]], m[2]))
	}
	return text
}
