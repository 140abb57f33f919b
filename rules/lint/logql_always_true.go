package lint

import (
	"fmt"
	"strconv"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlAlwaysTrue = Check{
	Name:     "logql-always-true",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a comparison that holds for every value that there can be, such as a count that is >= 0",
	Why:      "it lets everything through, so that a threshold is shown where there is none: the alert fires as soon as one line is counted",
	Bad: `groups:
- name: cron
  rules:
  - alert: CronLogsTooMuch
    expr: sum by (job) (count_over_time({job="cron"}[5m])) >= 0
`,
	Good: `groups:
- name: cron
  rules:
  - alert: CronLogsTooMuch
    expr: sum by (job) (count_over_time({job="cron"}[5m])) > 10
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || valuesOf(s.log).always {
			return nil
		}
		var found []finding
		for _, c := range comparisonsOf(s.log) {
			if always, _ := c.holds(); always && !c.any() {
				number := strconv.FormatFloat(c.number, 'f', -1, 64)
				found = append(found, s.inOneOf(c.op+" "+number).says(fmt.Sprintf("%s %s holds for every value that is there", c.op, number)))
			}
		}
		return found
	},
}
