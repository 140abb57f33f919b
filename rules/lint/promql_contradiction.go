package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlContradiction = Check{
	Name:     "promql-contradiction",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a selector whose matchers contradict each other, so that no series can have what it asks for",
	Why:      "the selector never returns a series, and the rule does nothing",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: http_errors{code="500",code=~"4.."} > 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: http_errors{code=~"4..|500"} > 0
`,
	find: func(s *subject) (found []finding) {
		for _, selector := range partsOf[*parser.VectorSelector](s.prom) {
			if a, b := contradiction(selector.LabelMatchers); a != nil {
				text := fmt.Sprintf("no series passes both %s and %s", a, b)
				if a == b {
					text = fmt.Sprintf("no series passes %s", a)
				}
				found = append(found, s.inNode(selector).says(text))
			}
		}
		return found
	},
}

// contradiction returns two matchers that no value passes both of, nil when there are none; twice the same where no value passes it.
func contradiction(matchers []*labels.Matcher) (a, b *labels.Matcher) {
	for _, m := range matchers {
		if m.Type == labels.MatchNotRegexp && matchesAllOf(m) {
			return m, m
		}
		if m.Type != labels.MatchEqual {
			continue
		}
		for _, other := range matchers {
			if other.Name == m.Name && !other.Matches(m.Value) {
				return m, other
			}
		}
	}
	return nil, nil
}

// matchesAllOf reports whether a matcher's regular expression takes every value.
func matchesAllOf(m *labels.Matcher) bool {
	return m.Value == ".*" || m.Value == "(.*)" || m.Value == "^.*$"
}
