package lint

import (
	"fmt"
	"strings"
	"text/template/parse"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var templateSize = Check{
	Name:     "template-size",
	Dialects: inBoth,
	Severity: rules.SeverityError,
	What:     "a template that may write more than 64 kB: a width of thousands in printf, a range over a great number, a template that calls itself",
	Why:      "the ruler expands it for every alert at every evaluation and keeps the text in memory, and Alertmanager is sent all of it: one such rule can stop both",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      summary: '{{ printf "%5000000d" 1 }}'
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      summary: '{{ printf "%5d" 1 }}'
`,
	find: func(s *subject) (found []finding) {
		if s.Rule.Alert == "" {
			return nil // Prometheus expands no template of a recording rule
		}
		for _, field := range s.Rule.Fields() {
			if strings.Contains(field.Name, " ") && mayBeLarge(field.Value) && templateWork(field.Value) > maxTemplateWork {
				found = append(found, finding{field: field.Name, text: fmt.Sprintf("the template of the %s may write more than %d kB", field.Name, maxTemplateWork>>10)})
			}
		}
		return found
	},
}

// maxTemplateWork is how many bytes a template may make, and steps take.
const maxTemplateWork = 64 << 10

// mayBeLarge reports whether a template has something by which it could write more than it is long: most have not.
func mayBeLarge(text string) bool {
	for _, word := range []string{"print", "range", "template", "reReplaceAll", "js", ":="} {
		if strings.Contains(text, word) {
			return strings.Contains(text, "{{")
		}
	}
	return false
}

// templateWork returns how many bytes a template makes, whether it writes them or not, and how many steps it takes, as far as its text tells; 0 when it does not
// parse. A label is taken for 100 bytes, and the result of a query for ten series.
func templateWork(text string) float64 {
	tree := parse.New("")
	tree.Mode = parse.SkipFuncCheck
	defined := map[string]*parse.Tree{}
	if _, err := tree.Parse(expr.TemplatePreamble+text, "", "", defined); err != nil {
		return 0
	}
	w := workWalk{defined: defined, vars: map[string]made{}, dot: made{size: usualSize}, times: 1}
	w.list(tree.Root)
	return w.work
}
