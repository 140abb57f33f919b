package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var promqlRateAggregate = Check{
	Name:     "promql-rate-aggregate",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "rate, irate or increase of a sum, by a subquery or by a recording rule",
	Why:      "when one of the summed counters starts anew the sum falls, which the function takes for a restart of all: the result is far too high",
	Bad: `groups:
- name: web
  rules:
  - record: job:http_requests:sum
    expr: sum by (job) (http_requests_total)
  - alert: ManyRequests
    expr: rate(job:http_requests:sum[5m]) > 100
`,
	Good: `groups:
- name: web
  rules:
  - record: job:http_requests:rate5m
    expr: sum by (job) (rate(http_requests_total[5m]))
  - alert: ManyRequests
    expr: job:http_requests:rate5m > 100
`,
	find: func(s *subject) (found []finding) {
		for _, call := range partsOf[*parser.Call](s.prom) {
			if subquery, ok := argument[*parser.SubqueryExpr](call, "rate", "irate", "increase"); ok {
				if sum, ok := bare(subquery.Expr).(*parser.AggregateExpr); ok && sum.Op == parser.SUM {
					found = append(found, s.inNode(call).says(fmt.Sprintf("%s() of a sum: take the sum of %s() instead", call.Func.Name, call.Func.Name)))
				}
			}
			if matrix, ok := argument[*parser.MatrixSelector](call, "rate", "irate", "increase"); ok {
				name := rangeName(matrix)
				if s.recordsSum(name) {
					found = append(found, s.inNode(call).says(fmt.Sprintf("%s is recorded as a sum; record the sum of %s() instead", name, call.Func.Name)))
				}
			}
		}
		return found
	},
}

// recordsSum reports whether a recording rule of the ruler records a sum of counters' values under a name.
func (s *subject) recordsSum(name string) bool {
	for _, e := range s.near.recording(s.Ref.Ruler, name) {
		parsed, err := expr.ParsePromQL(e.Rule.Expr)
		if err != nil {
			continue
		}
		if sum, ok := bare(parsed).(*parser.AggregateExpr); ok && sum.Op == parser.SUM && len(partsOf[*parser.MatrixSelector](sum)) == 0 {
			return true
		}
	}
	return false
}
