package lint

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlNaN = Check{
	Name:     "promql-nan",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a division by zero, or one within sum, avg, stddev or stdvar whose divisor may be zero",
	Why:      "0/0 is NaN and 1/0 is infinite; one such series makes the whole sum NaN or infinite, and a comparison with NaN is never true",
	Bad: `groups:
- name: web
  rules:
  - record: cluster:error_ratio:avg
    expr: avg by (cluster) (http_errors / http_requests)
`,
	Good: `groups:
- name: web
  rules:
  - record: cluster:error_ratio:avg
    expr: avg by (cluster) (http_errors / (http_requests > 0))
`,
	find: func(s *subject) (found []finding) {
		parser.Inspect(s.prom, func(node parser.Node, path []parser.Node) error {
			b, ok := node.(*parser.BinaryExpr)
			if !ok || b.Op != parser.DIV && b.Op != parser.MOD {
				return nil
			}
			switch divisor := promValues(b.RHS); {
			case divisor == exactly(0):
				found = append(found, s.inNode(b).says(s.source(b.RHS)+" is zero, so this divides by zero"))
			case divisor.contains(0) && b.RHS.Type() == parser.ValueTypeVector:
				if a := contaminated(path); a != nil {
					found = append(found, s.rewritten(b.RHS, "("+s.source(b.RHS)+" > 0)").
						says(fmt.Sprintf("%s may be 0, and then the %s is NaN or infinite for all", s.source(b.RHS), a.Op)))
				}
			}
			return nil
		})
		return found
	},
}

// contaminated returns the innermost aggregation around a place whose result one NaN spoils; nil when there is none, or a comparison or
// another aggregation stands between.
func contaminated(path []parser.Node) *parser.AggregateExpr {
	for _, above := range slices.Backward(path) {
		switch node := above.(type) {
		case *parser.AggregateExpr:
			if node.Op == parser.SUM || node.Op == parser.AVG || node.Op == parser.STDDEV || node.Op == parser.STDVAR {
				return node
			}
			return nil
		case *parser.BinaryExpr:
			if node.Op.IsComparisonOperator() {
				return nil
			}
		}
	}
	return nil
}
