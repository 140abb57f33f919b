package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlSampling = Check{
	Name:     "promql-sampling",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "topk, bottomk, limitk or limit_ratio in a rule",
	Why:      "which series are among the first changes from one evaluation to the next, so alerts resolve and fire anew and recorded series have gaps",
	Bad: `groups:
- name: web
  rules:
  - alert: BusyHosts
    expr: topk(10, http_connections > 100)
`,
	Good: `groups:
- name: web
  rules:
  - alert: BusyHosts
    expr: http_connections > 100
`,
	find: func(s *subject) (found []finding) {
		for _, a := range partsOf[*parser.AggregateExpr](s.prom) {
			if keepsSeries(a.Op) && !promLabels(s.prom).empty() {
				f := s.inNode(a).says(fmt.Sprintf("%s picks other series from one evaluation to the next; use a threshold instead", a.Op))
				if bare(s.prom) == parser.Expr(a) {
					f = f.mendedBy(s.source(a.Expr))
				}
				found = append(found, f)
			}
		}
		return found
	},
}
