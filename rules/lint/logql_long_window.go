package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlLongWindow = Check{
	Name:     "logql-long-window",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a window that is more than 500 times as long as the time between evaluations",
	Why:      "Loki remembers nothing between evaluations: each reads the whole window again, a day of logs every minute. Give such a rule's group an interval that fits",
	Bad: `groups:
- name: backup
  interval: 1m
  rules:
  - alert: BackupMissing
    expr: absent_over_time({job="backup"} |= "finished" [1d])
`,
	Good: `groups:
- name: backup
  interval: 10m
  rules:
  - alert: BackupMissing
    expr: absent_over_time({job="backup"} |= "finished" [1d])
`,
	find: func(s *subject) []finding {
		if s.Interval == 0 { // how often the ruler evaluates by itself is not known for sure
			return nil
		}
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if times := int64(r.Interval / s.Interval); times > 500 {
				found = append(found, s.inRange(r).says(fmt.Sprintf("every line is read %d times before it leaves the window of %s", times, rules.FormatDuration(r.Interval))))
			}
		}
		return found
	},
}
