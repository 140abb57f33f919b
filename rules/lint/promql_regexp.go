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
	What:     "a regular expression in a matcher that is a plain text, is anchored once more, takes every value, or leaves out the middle of a name: job=~\"web_.+_production\"",
	Why: "Prometheus matches the whole value: =~\"web\" takes web alone and not web-1, ^ and $ are there already, and =~\".*\" takes also series " +
		"without the label. What must be picked out of the middle of a value belongs into labels of its own, by which one can group and match",
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

// severalInOne are regular expressions that ask for the beginning and the end of a name and leave out a part of it.
var severalInOne = regexp.MustCompile(`^[\w-]+[_.-]\.[*+][_.-][\w-]+$`)

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
	case severalInOne.MatchString(m.Value):
		return fmt.Sprintf("%s takes the value apart: what it leaves open, and what follows, could be labels of their own, set where the targets are scraped", m)
	}
	return ""
}
