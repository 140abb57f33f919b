package lint

import (
	"fmt"
	"strconv"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlQuantile = Check{
	Name:     "logql-quantile",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "quantile_over_time with a parameter that is not between 0 and 1",
	Why:      "above 1 the result is always infinite, below 0 minus infinite: the comparison no longer depends on the logs",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiSlow
    expr: quantile_over_time(95, {job="api"} | logfmt | unwrap duration(took) | __error__="" [5m]) by (job) > 2
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiSlow
    expr: quantile_over_time(0.95, {job="api"} | logfmt | unwrap duration(took) | __error__="" [5m]) by (job) > 2
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, e := range nodesOf[*syntax.RangeAggregationExpr](s.log) {
			if e.Params == nil || *e.Params >= 0 && *e.Params <= 1 {
				continue
			}
			f := s.inOneOf(e.Operation + "(" + strconv.FormatFloat(*e.Params, 'f', -1, 64) + ",")
			if *e.Params > 1 && *e.Params <= 100 {
				f = s.writing(f, e.Operation+"("+strconv.FormatFloat(*e.Params/100, 'f', -1, 64)+",")
			}
			found = append(found, f.says(fmt.Sprintf("the quantile %v is not between 0 and 1", *e.Params)))
		}
		return found
	},
}
