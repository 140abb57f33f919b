package lint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
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
				if text, instead := regexpTrouble(m); text != "" {
					found = append(found, s.inNode(selector).mendedBy(s.withMatcher(m, instead)).says(text))
				}
			}
		}
		return found
	},
}

// severalInOne are regular expressions that ask for the beginning and the end of a name and leave out a part of it.
var severalInOne = regexp.MustCompile(`^[\w-]+[_.-]\.[*+][_.-][\w-]+$`)

// regexpTrouble says what is wrong with a matcher's regular expression, and what can be written in the matcher's place without another meaning:
// the matcher itself where that is not known. The text is "" when nothing is wrong.
func regexpTrouble(m *labels.Matcher) (text, instead string) {
	equal := "="
	if m.Type == labels.MatchNotRegexp {
		equal = "!="
	}
	plain, _ := strings.CutPrefix(m.Value, "^")
	plain, _ = strings.CutSuffix(plain, "$")
	switch anchored := plain != m.Value && !strings.HasSuffix(m.Value, `\$`); {
	case matchesAllOf(m) && m.Type == labels.MatchRegexp:
		return fmt.Sprintf("%s takes every series, with or without the label %s; leave it out, or write %s!=\"\"", m, m.Name, m.Name), ""
	case matchesAllOf(m):
		return "", "" // a contradiction, and told as one
	case regexp.QuoteMeta(plain) == plain:
		instead = m.Name + equal + strconv.Quote(plain)
		return fmt.Sprintf("%s takes the value %s alone; write %s, or %s%q when more is meant", m, plain, instead, m.Name+m.Type.String(), ".*"+plain+".*"), instead
	case anchored:
		return fmt.Sprintf("%s is anchored at both ends anyway; leave out ^ and $", m), m.Name + m.Type.String() + strconv.Quote(plain)
	case severalInOne.MatchString(m.Value):
		return fmt.Sprintf("%s takes the value apart: what it leaves open, and what follows, could be labels of their own, set where the targets are scraped", m), m.String()
	}
	return "", ""
}

// withMatcher returns the expression with another matcher, or none, in the place of one; "" where that place is not known or nothing changes.
func (s *subject) withMatcher(m *labels.Matcher, instead string) string {
	at := s.inMatcher(m)
	if at.end == 0 || instead == m.String() {
		return ""
	}
	rest := s.Rule.Expr[at.end:]
	if instead == "" {
		rest = strings.TrimPrefix(strings.TrimLeft(rest, " "), ",")
	}
	fixed := s.Rule.Expr[:at.start] + instead + rest
	if _, err := expr.ParsePromQL(fixed); err != nil {
		return ""
	}
	return fixed
}
