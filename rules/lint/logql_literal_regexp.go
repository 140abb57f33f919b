package lint

import (
	"fmt"
	"regexp"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlLiteralRegexp = Check{
	Name:     "logql-literal-regexp",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a regular expression where plain text is compared: |= \"error|fatal\", {job=\"nginx.*\"}",
	Why:      "|= and = look for exactly these characters, the bars and dots and stars among them, which no log has: nothing is ever counted",
	Bad: `groups:
- name: shop
  rules:
  - alert: ShopErrors
    expr: sum by (job) (count_over_time({job="shop"} |= "error|fatal" [5m])) > 0
`,
	Good: `groups:
- name: shop
  rules:
  - alert: ShopErrors
    expr: sum by (job) (count_over_time({job="shop"} |~ "error|fatal" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, filter := range nodesOf[*syntax.LineFilterExpr](s.log) {
			operator := map[log.LineMatchType]string{log.LineMatchEqual: "|~", log.LineMatchNotEqual: "!~"}[filter.Ty]
			if operator != "" && filter.Op == "" && regexpSigns.MatchString(filter.Match) {
				f := s.inFilter(filter).says(fmt.Sprintf("%s looks for this very text; a regular expression is written with %s", filter.Ty, operator))
				if filter.Or == nil && !filter.IsOrChild {
					f = s.writing(f, operator+" "+quoted(filter.Match))
				}
				found = append(found, f)
			}
		}
		for _, m := range logMatchersOf(s.log) {
			operator := map[labels.MatchType]labels.MatchType{labels.MatchEqual: labels.MatchRegexp, labels.MatchNotEqual: labels.MatchNotRegexp}[m.Type]
			if (m.Type == labels.MatchEqual || m.Type == labels.MatchNotEqual) && regexpSigns.MatchString(m.Value) {
				found = append(found, s.writing(s.inMatcher(m), m.Name+operator.String()+quoted(m.Value)).
					says(fmt.Sprintf("%s compares with this very text; a regular expression is written with %s", m, operator)))
			}
		}
		return found
	},
}

// regexpSigns are what people write in regular expressions and programs hardly ever log: .*, .+, (?i), \d, and words with bars between.
var regexpSigns = regexp.MustCompile(`[.)\]][*+]|\(\?i\)|\\[dwsb]\b|\\[dws][*+]|^\(?\w+(?:\|\w+)+\)?$`)

// logMatchersOf returns the matchers of all streams and of all label filters that compare texts.
func logMatchersOf(root syntax.Expr) []*labels.Matcher {
	var all []*labels.Matcher
	for _, selector := range nodesOf[*syntax.MatchersExpr](root) {
		all = append(all, selector.Mts...)
	}
	return append(all, labelMatchersOf(root)...)
}

// labelMatchersOf returns the matchers of all label filters that compare texts.
func labelMatchersOf(root syntax.Expr) []*labels.Matcher {
	var all []*labels.Matcher
	for _, stage := range nodesOf[*syntax.LabelFilterExpr](root) {
		for _, part := range labelFilters(stage.LabelFilterer) {
			if m := textMatcher(part); m != nil {
				all = append(all, m)
			}
		}
	}
	return all
}
