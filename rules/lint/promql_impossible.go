package lint

import (
	"fmt"
	"math"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlImpossible = Check{
	Name:     "promql-impossible",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a comparison that no value can pass, such as vector(1) > 2, count(…) == 0 or … == NaN",
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
			if b.Op != parser.NEQ && (notANumber(b.LHS) || notANumber(b.RHS)) {
				f := s.inNode(b).says("nothing equals NaN, not even itself, and nothing is less or greater")
				if b.Op == parser.EQLC && notANumber(b.RHS) {
					f = s.rewritten(b, s.source(b.LHS)+" != "+s.source(b.LHS)).says(f.text + "; a value that is not a number is one that differs from itself")
				}
				found = append(found, f)
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

// notANumber reports whether the values of an expression are all NaN.
func notANumber(e parser.Expr) bool {
	switch e := bare(e).(type) {
	case *parser.NumberLiteral:
		return math.IsNaN(e.Val)
	case *parser.UnaryExpr:
		return notANumber(e.Expr)
	case *parser.Call:
		return (e.Func.Name == "vector" || e.Func.Name == "scalar") && notANumber(e.Args[0])
	}
	return false
}
