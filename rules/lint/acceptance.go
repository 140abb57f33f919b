package lint

import (
	"fmt"
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

var acceptance = Check{
	Name:     "acceptance",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "a comment that accepts what a check finds, where there is no check of that name",
	Why:      "it accepts nothing: what was meant is found all the same, or will be",
	Bad: `groups:
- name: web
  rules:
  # accept: promql-counters reason="it is set back every night"
  - alert: Errors
    expr: http_errors_total > 10
`,
	Good: `groups:
- name: web
  rules:
  # accept: promql-counter reason="it is set back every night"
  - alert: Errors
    expr: http_errors_total > 10
`,
	find: func(s *subject) (found []finding) {
		for _, a := range s.Accepted() {
			if !slices.Contains(s.names, a.Check) {
				found = append(found, finding{text: fmt.Sprintf("there is no check %q to accept%s", a.Check, didYouMean(a.Check, s.names))})
			}
		}
		return found
	},
}
