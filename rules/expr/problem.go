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

func compareProblems(a, b Problem) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Text, b.Text))
}

// place is how rulefmt writes a position before its texts: once, or twice when two nodes are to blame.
var place = regexp.MustCompile(`^(\d+):(\d+): `)

// explain turns one of rulefmt's errors into problems.
func (f *file) explain(err error) []Problem {
	var ruleError *rulefmt.Error
	if !errors.As(err, &ruleError) {
		return yamlProblems(err)
	}
	problem := placed(ruleError.Err.Error())
	problem.Text = strings.Replace(problem.Text, "could not parse expression: ", "", 1)
	problem.Text = fmt.Sprintf("group %q, rule %q: %s", ruleError.Group, ruleError.RuleName, problem.Text)
	return []Problem{problem}
}

// placed splits a text into its position and the rest.
func placed(text string) Problem {
	var p Problem
	for m := place.FindStringSubmatch(text); m != nil; m = place.FindStringSubmatch(text) {
		if p.Line == 0 {
			p.Line, _ = strconv.Atoi(m[1])
			p.Column, _ = strconv.Atoi(m[2])
		}
		text = text[len(m[0]):]
	}
	p.Text = text
	return p
}

// yamlLine is how the YAML reader writes a position.
var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)

func yamlProblems(err error) []Problem {
	var typeError *yaml.TypeError
	texts := []string{err.Error()}
	if errors.As(err, &typeError) {
		texts = typeError.Errors
	}
	var problems []Problem
	for _, text := range texts {
		p := placed(strings.TrimPrefix(text, "yaml: "))
		if m := yamlLine.FindStringSubmatch(text); m != nil {
			p.Line, _ = strconv.Atoi(m[1])
			p.Text = text[len(m[0]):]
		}
		problems = append(problems, p)
	}
	return problems
}
