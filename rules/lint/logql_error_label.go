package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlErrorLabel = Check{
	Name:     "logql-error-label",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a parser, a comparison of numbers or an unwrap that can fail at a line, with nothing after it that takes such lines out",
	Why:      "one line that is not as expected (no JSON, JSON that was cut, a \"-\" for a number) makes the whole evaluation fail, and with it the alert, for as long as the line is within the window",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (host) (count_over_time({job="api"} | json | level="error" [5m])) > 10
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (host) (count_over_time({job="api"} | json | level="error" | __error__="" [5m])) > 10
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if culprit := unhandled(s.log, r); culprit != "" {
				f := s.inRange(r).says(fmt.Sprintf("a line at which %s fails makes the rule's evaluation fail", culprit))
				if f.end > 0 {
					f = mended(f, s.Rule.Expr[:f.start]+`| __error__="" `+s.Rule.Expr[f.start:])
				}
				found = append(found, f)
			}
		}
		return found
	},
}
