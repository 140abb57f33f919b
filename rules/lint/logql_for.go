package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlFor = Check{
	Name:     "logql-for",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "`for` as long as the window, or longer, in an alert that any line starts",
	Why:      "a line is counted only while it is within the window: a single one, or one burst, is gone before `for` is over, and the alert never fires",
	Bad: `groups:
- name: ssh
  rules:
  - alert: Ban
    expr: sum by (job) (count_over_time({job="fail2ban"} |= "Ban" [5m])) > 0
    for: 5m
`,
	Good: `groups:
- name: ssh
  rules:
  - alert: Ban
    expr: sum by (job) (count_over_time({job="fail2ban"} |= "Ban" [5m])) > 0
`,
	find: func(s *subject) []finding {
		window := longest(s.log)
		if s.Rule.Alert == "" || window == nil || s.Rule.For < window.Interval || compares(s.log) && !startsWithAny(s.log) {
			return nil
		}
		return []finding{{field: "for", fix: "for=", text: fmt.Sprintf("a line is counted for %s, so what happens once is over before for: %s is: leave `for` out, or make the window longer",
			rules.FormatDuration(window.Interval), rules.FormatDuration(s.Rule.For))}}
	},
}

// startsWithAny reports whether all that an expression asks is that there is a line.
func startsWithAny(root syntax.SampleExpr) bool {
	e, ok := root.(*syntax.BinOpExpr)
	if !ok {
		return false
	}
	c, ok := comparisonOf(e)
	return ok && c.any() && valuesOf(c.of).positive() && !compares(c.of)
}
