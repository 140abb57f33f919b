package lint

import (
	"fmt"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var promqlTemplateQuery = Check{
	Name:     "promql-template-query",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a query in a template that does not parse, or of whose result a label is told that it cannot have",
	Why:      "Prometheus takes the rule, and every message says <error expanding template> instead of its text, or has a hole where the label should be",
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
			query := map[mentionKind]string{aQuery: m.name, aResult: m.query}[m.kind]
			if query == "" || strings.Contains(query, "%") { // printf makes a query of it
				continue
			}
			parsed, err := expr.ParsePromQL(query)
			switch {
			case m.kind == aQuery && err != nil:
				found = append(found, m.at().says(fmt.Sprintf("the query in the %s does not parse: %v", m.field.Name, err)))
			case m.kind == aResult && err == nil && m.name != model.MetricNameLabel && !promLabels(parsed).can(m.name):
				found = append(found, m.at().says(fmt.Sprintf("the %s uses the label %s of %s, which cannot have it", m.field.Name, m.name, query)))
			}
		}
		return found
	},
}
