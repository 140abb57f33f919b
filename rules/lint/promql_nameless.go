package lint

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlNameless = Check{
	Name:     "promql-nameless",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a selector that names no metric",
	Why:      "it takes every metric of a target, which costs much, and values that have nothing to do with one another are compared",
	Bad: `groups:
- name: web
  rules:
  - alert: WebBusy
    expr: '{job="web"} > 100'
`,
	Good: `groups:
- name: web
  rules:
  - alert: WebBusy
    expr: http_connections{job="web"} > 100
`,
	find: func(s *subject) (found []finding) {
		parser.Inspect(s.prom, func(node parser.Node, path []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok || selector.Name != "" || countsSeries(path) {
				return nil
			}
			for _, m := range selector.LabelMatchers {
				if m.Name == model.MetricNameLabel && !matchesAllOf(m) {
					return nil
				}
			}
			found = append(found, s.inNode(selector).says("this selects every metric that has these labels; name the one that is meant"))
			return nil
		})
		return found
	},
}

// countsSeries reports whether a selector that path leads to is asked for how many series there are, or whether there are any.
func countsSeries(path []parser.Node) bool {
	for _, node := range path {
		switch node := node.(type) {
		case *parser.AggregateExpr:
			if node.Op == parser.COUNT || node.Op == parser.GROUP {
				return true
			}
		case *parser.Call:
			switch node.Func.Name {
			case "absent", "absent_over_time":
				return true
			}
		}
	}
	return false
}
