package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlImpossible = Check{
	Name:     "promql-impossible",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a comparison that no value can pass, such as vector(1) > 2 or count(…) == 0",
	Why:      "the expression never returns anything, so the alert never fires, and nobody notices that it does not",
	Bad: `groups:
- name: hosts
  rules:
  - alert: NoHosts
    expr: count(up{job="node"} == 1) == 0
    for: 5m
`,
	Good: `groups:
- name: hosts
  rules:
  - alert: NoHosts
    expr: (count(up{job="node"} == 1) or vector(0)) == 0
    for: 5m
`,
	find: func(s *subject) (found []finding) {
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			if !b.Op.IsComparisonOperator() || b.ReturnBool {
				continue
			}
			if through, _ := promValues(b.LHS).compared(b.Op, promValues(b.RHS)); !through.nothing() || promValues(b.LHS).nothing() || promValues(b.RHS).nothing() {
				continue // what is impossible within a side is told there
			}
			text := fmt.Sprintf("no value passes %s", s.source(b))
			if a, ok := bare(b.LHS).(*parser.AggregateExpr); ok && a.Op == parser.COUNT {
				text = "count() returns nothing, and not 0, when there is nothing to count, so this is never true; use absent(), or … or vector(0)"
			}
			found = append(found, s.inNode(b).says(text))
		}
		return found
	},
}
