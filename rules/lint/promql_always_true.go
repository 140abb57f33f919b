package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlAlwaysTrue = Check{
	Name:     "promql-always-true",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a comparison that every value passes, such as rate(…) >= 0",
	Why:      "the comparison does nothing: an alert fires whenever there are series",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[5m]) >= 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[5m]) > 0
  - alert: SomeHostDown
    expr: count by (job) (up == 0) > 0
`,
	find: func(s *subject) (found []finding) {
		if s.readsNothing() {
			return nil // what is constant is found by a check of its own
		}
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			left, right := promValues(b.LHS), promValues(b.RHS)
			if !b.Op.IsComparisonOperator() || left.nothing() || right.nothing() || left.low >= 1 && b.Op == parser.GTR {
				continue // count(…) > 0 asks whether there is something
			}
			if _, always := left.compared(b.Op, right); always && left != one {
				found = append(found, s.inNode(b).says(fmt.Sprintf("every value passes %s", s.source(b))))
			}
		}
		return found
	},
}
