package lint

import (
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var promqlTemplateQuery = Check{
	Name:     "promql-template-query",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a query in a template that does not parse",
	Why:      "Prometheus takes the rule, and every message says <error expanding template> instead of its text",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      summary: 'Of {{ query "count(up{job=\"web\")" | first | value }} hosts one is down'
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      summary: 'Of {{ query "count(up{job=\"web\"})" | first | value }} hosts one is down'
`,
	find: func(s *subject) (found []finding) {
		for _, m := range s.mentions() {
			if m.kind != aQuery || strings.Contains(m.name, "%") { // printf makes a query of it
				continue
			}
			if _, err := expr.ParsePromQL(m.name); err != nil {
				found = append(found, m.at().says(fmt.Sprintf("the query in the %s does not parse: %v", m.field.Name, err)))
			}
		}
		return found
	},
}
