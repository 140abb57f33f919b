package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlAggregate = Check{
	Name:     "promql-aggregate",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a result without a label that the setting keep_labels names, or with one that drop_labels names",
	Why:      "labels that everybody relies on (for routing, for joining) must come through, and those that make too many series must not",
	Bad: `groups:
- name: web
  rules:
  - record: http_requests:rate5m
    expr: sum by (path) (rate(http_requests_total[5m]))
`,
	Good: `groups:
- name: web
  rules:
  - record: job:http_requests:rate5m
    expr: sum by (job) (rate(http_requests_total[5m]))
`,
	With: Scope{KeepLabels: []string{"job"}, DropLabels: []string{"instance"}},
	find: func(s *subject) (found []finding) {
		result := promLabels(s.prom)
		for _, name := range s.settings.KeepLabels {
			if _, own := s.Rule.Labels[name]; !own && !result.can(name) {
				found = append(found, s.inNode(dropper(s.prom, name)).says(fmt.Sprintf("the label %s must be kept, and the result cannot have it%s", name, s.taken(s.prom, name))))
			}
		}
		for _, name := range s.settings.DropLabels {
			if result.can(name) {
				found = append(found, finding{field: "expr"}.says(fmt.Sprintf("the label %s must be taken away, as by without (%s), and the result can have it", name, name)))
			}
		}
		return found
	},
}
