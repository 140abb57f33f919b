package lint

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlSelector = Check{
	Name:     "promql-selector",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a selector without a matcher for a label that the setting required_matchers names",
	Why:      "where several teams share a Prometheus, a rule without that label looks at the series of all of them",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up == 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
`,
	With: Scope{RequiredMatchers: []string{"job"}},
	find: func(s *subject) (found []finding) {
		for _, selector := range partsOf[*parser.VectorSelector](s.prom) {
			for _, name := range s.settings.RequiredMatchers {
				if !slices.ContainsFunc(selector.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == name }) {
					found = append(found, s.inNode(selector).says(fmt.Sprintf("this selects series with any %s; write {%s=\"…\"}", name, name)))
				}
			}
		}
		return found
	},
}
