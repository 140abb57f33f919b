package lint

import (
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var reject = Check{
	Name:     "reject",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "a label or an annotation that matches a pattern of the setting reject",
	Why:      "what must not be in alerts here: addresses of a dismantled wiki, names of people, secrets",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      runbook_url: https://oldwiki.example.com/Down
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    annotations:
      runbook_url: https://wiki.example.com/Down
`,
	With: Scope{Reject: []Pattern{mustPattern("https?://oldwiki\\..*")}},
	find: func(s *subject) (found []finding) {
		for _, field := range s.Rule.Fields() {
			kind, name, _ := strings.Cut(field.Name, " ")
			if kind != "label" && kind != "annotation" {
				continue
			}
			for _, p := range s.settings.Reject {
				if p.matches(field.Value) || p.matches(name) {
					found = append(found, finding{field: field.Name, text: fmt.Sprintf("the %s matches %s, which is rejected here", field.Name, p)})
				}
			}
		}
		return found
	},
}
