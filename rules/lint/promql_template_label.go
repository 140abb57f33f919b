package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlTemplateLabel = Check{
	Name:     "promql-template-label",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a template that uses a label which the result of the expression cannot have",
	Why:      "the label is empty in every message: sum by (job) leaves job alone, so $labels.instance says nothing",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: sum by (job) (rate(http_errors_total[5m])) > 1
    annotations:
      summary: Errors on {{ $labels.instance }}
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: sum by (job, instance) (rate(http_errors_total[5m])) > 1
    annotations:
      summary: Errors on {{ $labels.instance }}
`,
	find: func(s *subject) (found []finding) {
		result := promLabels(s.prom)
		for _, m := range s.mentions() {
			if m.kind == aLabel && m.name != "__name__" && !result.can(m.name) {
				found = append(found, m.at().says(fmt.Sprintf("the %s uses the label %s, which the result cannot have%s", m.field.Name, m.name, s.taken(s.prom, m.name))))
			}
		}
		return found
	},
}
