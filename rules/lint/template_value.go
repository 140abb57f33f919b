package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var templateValue = Check{
	Name:     "template-value",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "a label of an alert that holds the value of the expression",
	Why:      "an alert with another label is another alert: each new value resolves the one before and fires anew, and with for it may never fire",
	Bad: `groups:
- name: web
  rules:
  - alert: Busy
    expr: http_connections > 100
    for: 5m
    labels:
      connections: '{{ $value }}'
`,
	Good: `groups:
- name: web
  rules:
  - alert: Busy
    expr: http_connections > 100
    for: 5m
    annotations:
      summary: '{{ $value }} connections'
`,
	find: func(s *subject) (found []finding) {
		for name, text := range s.Rule.Labels {
			field := rules.Field{Name: "label " + name, Value: text}
			for _, m := range mentions(text) {
				if m.kind == aValue {
					found = append(found, m.at(field).says(fmt.Sprintf("the label %s holds the value, so the alert is another one whenever that changes; put it into an annotation", name)))
					break
				}
			}
		}
		return found
	},
}
