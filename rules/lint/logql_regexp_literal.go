package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlRegexpLiteral = Check{
	Name:     "logql-regexp-literal",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a regular expression that is plain text: |~ \"Ban\", {job=~\"nginx\"}",
	Why:      "|= and = say the same, cost less, and keep their meaning when a dot or a bracket is added to the text one day",
	Bad: `groups:
- name: ssh
  rules:
  - alert: Ban
    expr: sum by (job) (count_over_time({job=~"fail2ban"} |~ "Ban" [5m])) > 0
`,
	Good: `groups:
- name: ssh
  rules:
  - alert: Ban
    expr: sum by (job) (count_over_time({job="fail2ban"} |= "Ban" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, filter := range nodesOf[*syntax.LineFilterExpr](s.log) {
			operator := map[log.LineMatchType]string{log.LineMatchRegexp: "|=", log.LineMatchNotRegexp: "!="}[filter.Ty]
			text, plain := literal(filter.Match)
			if operator != "" && plain && filter.Or == nil && !filter.IsOrChild {
				found = append(found, s.writing(s.inFilter(filter), operator+" "+quoted(text)).says(fmt.Sprintf("%s %s is plain text", filter.Ty, quoted(filter.Match))))
			}
		}
		for _, m := range logMatchersOf(s.log) {
			text, plain := literal(m.Value)
			if !plain || m.Type != labels.MatchRegexp && m.Type != labels.MatchNotRegexp {
				continue
			}
			operator := labels.MatchEqual
			if m.Type == labels.MatchNotRegexp {
				operator = labels.MatchNotEqual
			}
			found = append(found, s.writing(s.inMatcher(m), m.Name+operator.String()+quoted(text)).says(fmt.Sprintf("%s is plain text", m)))
		}
		return found
	},
}
