package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlAbsent = Check{
	Name:     "promql-absent",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "an alert on absent() without for, or for less than two scrapes",
	Why:      "after a restart of Prometheus nothing is scraped yet, so for a moment everything is absent and the alert fires",
	Bad: `groups:
- name: backup
  rules:
  - alert: BackupGone
    expr: absent(backup_last_success_time{job="backup"})
`,
	Good: `groups:
- name: backup
  rules:
  - alert: BackupGone
    expr: absent(backup_last_success_time{job="backup"})
    for: 5m
`,
	find: func(s *subject) (found []finding) {
		if s.Rule.Alert == "" || s.Rule.For >= 2*s.settings.ScrapeInterval {
			return nil
		}
		for _, call := range partsOf[*parser.Call](s.prom) {
			if call.Func.Name == "absent" {
				found = append(found, s.inNode(call).says(fmt.Sprintf("right after a restart of Prometheus this is absent too; wait with for, at least %s",
					rules.FormatDuration(2*s.settings.ScrapeInterval))).mendedBy("for=5m"))
			}
		}
		return found
	},
}
