package lint

import (
	"fmt"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlType = Check{
	Name:     "promql-type",
	Dialects: inPromQL,
	Severity: rules.SeverityError,
	What:     "an expression that is a range or a text, where a rule needs one value of each series, or a number",
	Why:      "Prometheus loads the rule and refuses each of its evaluations: \"rule result is not a vector or scalar\"",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: http_errors_total[5m]
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: increase(http_errors_total[5m]) > 0
`,
	find: func(s *subject) []finding {
		f := finding{field: "expr"}
		switch s.prom.Type() {
		case parser.ValueTypeMatrix:
			f.text = "this is every sample within a time, and no rule can be made of that: make one value of them, as increase(…), avg_over_time(…) or max_over_time(…) do"
			if matrix, ok := bare(s.prom).(*parser.MatrixSelector); ok && counts(rangeName(matrix)) {
				f = s.rewritten(matrix, fmt.Sprintf("increase(%s) > 0", s.source(matrix))).says(f.text)
			}
		case parser.ValueTypeString:
			f.text = "this is a text, and no rule can be made of that; a metric is named without quotes"
		default:
			return nil
		}
		return []finding{f}
	},
}

// counts reports whether a metric's name says that it only grows.
func counts(name string) bool {
	return strings.HasSuffix(name, "_total") || strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_bucket")
}
