package lint

import (
	"fmt"
	"strings"

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
		told := ""
		for _, m := range s.mentions() {
			name, isLabel := strings.CutPrefix(m.field.Name, "label ")
			if m.kind == aValue && isLabel && name != told {
				found = append(found, m.at().says(fmt.Sprintf("the label %s holds the value, so the alert is another one whenever that changes; put it into an annotation", name)))
				told = name
			}
		}
		return found
	},
}
