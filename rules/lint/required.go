package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var required = Check{
	Name:     "required",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "an alert without a label of the setting required_labels, or without an annotation of required_annotations",
	Why:      "Alertmanager routes by labels, and whoever is paged at night reads the annotations",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    labels:
      severity: critical
    annotations:
      summary: The web server is down
`,
	With: Scope{RequiredLabels: []string{"severity"}, RequiredAnnotations: []string{"summary"}},
	find: func(s *subject) (found []finding) {
		if s.Rule.Alert == "" {
			return nil
		}
		for _, name := range s.settings.RequiredLabels {
			if s.Rule.Labels[name] == "" && s.GroupLabels[name] == "" {
				found = append(found, finding{text: fmt.Sprintf("every alert must have the label %s", name), fix: optionFor("label", name)})
			}
		}
		for _, name := range s.settings.RequiredAnnotations {
			if s.Rule.Annotations[name] == "" {
				found = append(found, finding{text: fmt.Sprintf("every alert must have the annotation %s", name), fix: optionFor("annotation", name)})
			}
		}
		return found
	},
}

// optionFor returns the option of a command that sets a label or an annotation, to be filled in.
func optionFor(kind, name string) string { return optionName(kind, name) + `="…"` }

// optionName returns the name of the option of a command that sets a label or an annotation.
func optionName(kind, name string) string {
	switch {
	case name == "severity" && kind == "label", (name == "summary" || name == "description") && kind == "annotation":
		return name
	case name == "runbook_url" && kind == "annotation":
		return "runbook"
	}
	return kind + "." + name
}
