package lint

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlCounter = Check{
	Name:     "promql-counter",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "the plain value of a counter (a name that ends in _total) in an alert",
	Why:      "a counter only grows until its program starts anew: once over the threshold, the alert fires until then",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: http_errors_total > 10
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: increase(http_errors_total[1h]) > 10
`,
	find: func(s *subject) (found []finding) {
		if s.Rule.Alert == "" {
			return nil
		}
		parser.Inspect(s.prom, func(node parser.Node, path []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok || !strings.HasSuffix(metricName(selector), "_total") || strings.Contains(metricName(selector), ":") || !plainValue(path) {
				return nil
			}
			source := s.source(selector)
			found = append(found, s.rewritten(selector, "increase("+source+"[1h])").
				says(fmt.Sprintf("%s is a counter, which only grows; ask how much it grows, with rate() or increase()", metricName(selector))))
			return nil
		})
		return found
	},
}

// plainValue reports whether the value of a selector counts for the result, where path leads to it: not its presence, its time or how it
// changes.
func plainValue(path []parser.Node) bool {
	for _, node := range path {
		switch node := node.(type) {
		case *parser.MatrixSelector, *parser.SubqueryExpr:
			return false // what is made of a range is the range function's affair
		case *parser.Call:
			switch node.Func.Name {
			case "absent", "timestamp", "label_replace", "label_join":
				return false
			}
		case *parser.AggregateExpr:
			if node.Op == parser.COUNT || node.Op == parser.GROUP || node.Op == parser.COUNT_VALUES {
				return false
			}
		case *parser.BinaryExpr:
			if node.Op == parser.SUB || node.Op == parser.DIV || node.Op.IsSetOperator() {
				return false // a difference between counters or times, a share of all; or whether a series is there
			}
		}
	}
	return true
}
