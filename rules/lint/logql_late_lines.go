package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlLateLines = Check{
	Name:     "logql-late-lines",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "windows that follow each other without overlap and end at the present",
	Why:      "lines reach Loki some seconds after they were written: one that comes after its window was evaluated is in no later one. A longer window sees it next time; `offset` waits for it",
	Bad: `groups:
- name: raid
  interval: 1m
  rules:
  - alert: DiskFailed
    expr: sum by (job) (count_over_time({job="mdadm"} |= "Fail event" [1m])) > 0
`,
	Good: `groups:
- name: raid
  interval: 1m
  rules:
  - alert: DiskFailed
    expr: sum by (job) (count_over_time({job="mdadm"} |= "Fail event" [1m] offset 1m)) > 0
`,
	find: func(s *subject) []finding {
		interval := s.interval()
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if r.Interval == interval && r.Offset == 0 {
				f := s.inRange(r)
				if f.end > 0 {
					f = s.writing(f, s.Rule.Expr[f.start:f.end]+" offset 1m")
				}
				found = append(found, f.says(fmt.Sprintf("the window is as long as the time between evaluations (%s): a line that arrives late is never counted", rules.FormatDuration(interval))))
			}
		}
		return found
	},
}
