package lint

import (
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlSelector = Check{
	Name:     "logql-selector",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a stream selector that narrows nothing down, such as {job=~\".+\"}",
	Why:      "every line that all programs logged within the window is read at each evaluation, and what other programs write one day counts too",
	Bad: `groups:
- name: mail
  rules:
  - alert: QueueFull
    expr: sum by (job) (count_over_time({job=~".+"} |= "queue is full" [5m])) > 0
`,
	Good: `groups:
- name: mail
  rules:
  - alert: QueueFull
    expr: sum by (job) (count_over_time({job="postfix"} |= "queue is full" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, selector := range nodesOf[*syntax.MatchersExpr](s.log) {
			if !narrows(selector.Mts) {
				found = append(found, s.inOneOf(selector.String()).says("the selector takes streams of every kind: name a job, a unit or another label's value"))
			}
		}
		return found
	},
}

// narrows reports whether one of the matchers asks for a certain value, or some of them.
func narrows(matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if m.Type == labels.MatchEqual && m.Value != "" || m.Type == labels.MatchRegexp && !matchesAll(m.Value) {
			return true
		}
	}
	return false
}
