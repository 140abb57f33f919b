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
	What:     "a regular expression that is plain text, |~ \"Ban\", {job=~\"nginx\"}, or has .* at an end where it is found anywhere: |~ \".*Ban.*\"",
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
			if operator == "" || filter.Or != nil || filter.IsOrChild {
				continue
			}
			core := withoutEnds(filter.Match)
			text, plain := literal(core)
			switch at := s.inFilter(filter); {
			case plain:
				found = append(found, s.writing(at, operator+" "+quoted(text)).says(fmt.Sprintf("%s %s is plain text", filter.Ty, quoted(filter.Match))))
			case core != filter.Match:
				found = append(found, s.writing(at, filter.Ty.String()+" "+quoted(core)).says(fmt.Sprintf("%s %s is found anywhere in the line; .* at its ends does nothing", filter.Ty, quoted(filter.Match))))
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
