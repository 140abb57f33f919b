package lint

import (
	"fmt"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var required = Check{
	Name:     "required",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "an alert without a label of the setting required_labels or an annotation of required_annotations, or with a value that label_values or annotation_values do not allow",
	Why:      "Alertmanager routes by labels, and whoever is paged at night reads the annotations",
	Bad: `groups:
- name: web
  rules:
  - alert: Down
    expr: up{job="web"} == 0
  - alert: Slow
    expr: http_latency_seconds > 3
    labels:
      severity: kritisch
    annotations:
      summary: The web server is slow
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
	With: Scope{RequiredLabels: []string{"severity"}, RequiredAnnotations: []string{"summary"}, LabelValues: map[string]Pattern{"severity": mustPattern("critical|warning|info")}},
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
		return append(found, s.unlikeValues()...)
	},
}

// unlikeValues finds values of labels and annotations that do not match their patterns. What a template writes is not known.
func (s *subject) unlikeValues() (found []finding) {
	for _, field := range s.Rule.Fields() {
		kind, name, _ := strings.Cut(field.Name, " ")
		pattern := map[string]map[string]Pattern{"label": s.settings.LabelValues, "annotation": s.settings.AnnotationValues}[kind][name]
		if !pattern.matches(field.Value) && !strings.Contains(field.Value, "{{") {
			found = append(found, finding{field: field.Name, text: fmt.Sprintf("the %s must match %s", field.Name, pattern), fix: optionFor(kind, name)})
		}
	}
	return found
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
