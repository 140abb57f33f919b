package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var checkName = Check{
	Name:     "name",
	Dialects: inBoth,
	Severity: rules.SeverityInfo,
	What:     "a name of an alert, a recording rule or a group that does not match the setting alert_names, record_names or group_names",
	Why:      "whoever looks for a rule, or routes by its name, relies on how names are made here",
	Bad: `groups:
- name: web
  rules:
  - alert: web down
    expr: up{job="web"} == 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job="web"} == 0
`,
	With: Scope{AlertNames: mustPattern("[A-Z][A-Za-z0-9]+")},
	find: func(s *subject) (found []finding) {
		kind, pattern := "an alert", s.settings.AlertNames
		if s.Rule.Record != "" {
			kind, pattern = "a recording rule", s.settings.RecordNames
		}
		if !pattern.matches(s.Rule.Name()) {
			found = append(found, finding{field: "name", text: fmt.Sprintf("the name of %s must match %s", kind, pattern)})
		}
		if names := s.settings.GroupNames; !names.matches(s.Ref.Group) && s.opensGroup() {
			found = append(found, finding{group: true, text: fmt.Sprintf("the name of a group must match %s, and %q does not", names, s.Ref.Group)})
		}
		return found
	},
}
