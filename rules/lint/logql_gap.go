package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlGap = Check{
	Name:     "logql-gap",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a window that is shorter than the time between two evaluations",
	Why:      "lines that come between one evaluation and the beginning of the next one's window are never looked at",
	Bad: `groups:
- name: raid
  interval: 5m
  rules:
  - alert: DiskFailed
    expr: sum by (job) (count_over_time({job="mdadm"} |= "Fail event" [1m])) > 0
`,
	Good: `groups:
- name: raid
  interval: 5m
  rules:
  - alert: DiskFailed
    expr: sum by (job) (count_over_time({job="mdadm"} |= "Fail event" [10m])) > 0
`,
	find: func(s *subject) []finding {
		interval := s.interval()
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if r.Interval < interval {
				found = append(found, s.writing(s.inRange(r), "["+rules.FormatDuration(2*interval)+"]").says(fmt.Sprintf(
					"this looks back %s, and the group is evaluated every %s: what is logged in between is never seen", rules.FormatDuration(r.Interval), rules.FormatDuration(interval))))
			}
		}
		return found
	},
}
