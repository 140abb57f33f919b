package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var externalLabel = Check{
	Name:     "external-label",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "a rule that sets a label which the ruler adds to everything that it sends (the setting external_labels)",
	Why:      "the rule's own value stands in place of the ruler's, so the alert seems to come from somewhere else",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    labels:
      cluster: dev
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    labels:
      team: web
`,
	With: Scope{ExternalLabels: []string{"cluster"}},
	find: func(s *subject) (found []finding) {
		for _, name := range s.settings.ExternalLabels {
			if _, own := s.Rule.Labels[name]; own {
				found = append(found, finding{field: "label " + name, text: fmt.Sprintf("the ruler adds the label %s itself; leave it out", name)})
			}
		}
		return found
	},
}
