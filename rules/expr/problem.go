package expr

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

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
	if syntax, ok := errors.AsType[*SyntaxError](&failed.Err); ok {
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
	texts := []string{err.Error()}
	if typeError, ok := errors.AsType[*yaml.TypeError](err); ok {
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
