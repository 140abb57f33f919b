package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlTopk = Check{
	Name:     "logql-topk",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "topk or bottomk in an alert",
	Why:      "an alert ends when its series leaves the few that are chosen, though nothing is mended there: alerts take turns, `for` begins anew each time, and all beyond the first k are never told",
	Bad: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: topk(1, sum by (host) (count_over_time({job="kernel"} |= "I/O error" [5m]))) > 0
`,
	Good: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: sum by (host) (count_over_time({job="kernel"} |= "I/O error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" {
			return nil
		}
		var found []finding
		for _, e := range nodesOf[*syntax.VectorAggregationExpr](s.log) {
			switch e.Operation {
			case syntax.OpTypeTopK, syntax.OpTypeBottomK, syntax.OpTypeApproxTopK:
				found = append(found, s.inOneOf(e.Operation).says(fmt.Sprintf("%s chooses anew at each evaluation, so alerts come and go with their neighbours: leave it out, and compare with a number", e.Operation)))
			}
		}
		return found
	},
}
