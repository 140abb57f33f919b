package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlRegexpAny = Check{
	Name:     "logql-regexp-any",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a filter that every line passes: |~ \".*\", |~ \"(error)?\", | host=~\".*\"",
	Why:      "a regular expression that is content with nothing is found in every line: the filter is there to be read, and all lines are counted",
	Bad: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum by (job) (count_over_time({job="kernel"} |~ "(Out of memory|oom-kill)?" [5m])) > 0
`,
	Good: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum by (job) (count_over_time({job="kernel"} |~ "(Out of memory|oom-kill)" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, filter := range nodesOf[*syntax.LineFilterExpr](s.log) {
			if every, _ := passes(filter); every && filter.Or == nil && !filter.IsOrChild {
				found = append(found, s.writing(s.inFilter(filter), "").says(fmt.Sprintf("every line passes %s %s", filter.Ty, quoted(filter.Match))))
			}
		}
		for _, m := range labelMatchersOf(s.log) {
			if m.Type == labels.MatchRegexp && matchesAll(m.Value) && m.Matches("") {
				at := s.inMatcher(m)
				at.fix = s.writing(s.before(at, "|"), "").fix
				found = append(found, at.says(fmt.Sprintf("every line passes %s, with or without the label", m)))
			}
		}
		return found
	},
}
