package lint

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlRegexp = Check{
	Name:     "promql-regexp",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a regular expression in a matcher that is a plain text, is anchored once more, or takes every value",
	Why: "Prometheus matches the whole value: =~\"web\" takes web alone and not web-1, ^ and $ are there already, and =~\".*\" takes also series " +
		"without the label",
	Bad: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job=~"web"} == 0
`,
	Good: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job=~"web.*"} == 0
`,
	find: func(s *subject) (found []finding) {
		for _, selector := range partsOf[*parser.VectorSelector](s.prom) {
			for _, m := range selector.LabelMatchers {
				if m.Type != labels.MatchRegexp && m.Type != labels.MatchNotRegexp {
					continue
				}
				if text := regexpTrouble(m); text != "" {
					found = append(found, s.inNode(selector).says(text))
				}
			}
		}
		return found
	},
}

// regexpTrouble says what is wrong with a matcher's regular expression; "" when nothing is.
func regexpTrouble(m *labels.Matcher) string {
	equal := "="
	if m.Type == labels.MatchNotRegexp {
		equal = "!="
	}
	plain, _ := strings.CutPrefix(m.Value, "^")
	plain, _ = strings.CutSuffix(plain, "$")
	switch anchored := plain != m.Value && !strings.HasSuffix(m.Value, `\$`); {
	case matchesAllOf(m) && m.Type == labels.MatchRegexp:
		return fmt.Sprintf("%s takes every series, with or without the label %s; leave it out, or write %s!=\"\"", m, m.Name, m.Name)
	case matchesAllOf(m):
		return "" // a contradiction, and told as one
	case regexp.QuoteMeta(plain) == plain:
		return fmt.Sprintf("%s takes the value %s alone; write %s%s%q, or %s%q when more is meant", m, plain, m.Name, equal, plain, m.Name+m.Type.String(), ".*"+plain+".*")
	case anchored:
		return fmt.Sprintf("%s is anchored at both ends anyway; leave out ^ and $", m)
	}
	return ""
}
