package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlTemplateLabel = Check{
	Name:     "logql-template-label",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "an annotation or label that tells a label which the expression has aggregated away",
	Why:      "a label that is not there expands to nothing: the text has a hole just where it should say which host or job is meant",
	Bad: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: sum by (job) (count_over_time({job="kernel"} |= "I/O error" [5m])) > 0
    annotations:
      summary: "{{ $value }} I/O errors on {{ $labels.host }}"
`,
	Good: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: sum by (host) (count_over_time({job="kernel"} |= "I/O error" [5m])) > 0
    annotations:
      summary: "{{ $value }} I/O errors on {{ $labels.host }}"
`,
	find: func(s *subject) []finding {
		names, all := labelsOf(s.log)
		if !all {
			return nil
		}
		var found []finding
		for _, m := range s.mentions() {
			if m.kind == aLabel && !names[m.name] {
				found = append(found, m.at().says(fmt.Sprintf("the expression's result has no label %s: group by it, or leave it out here", m.name)))
			}
		}
		return found
	},
}
