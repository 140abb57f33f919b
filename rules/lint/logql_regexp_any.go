package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlRegexpAny = Check{
	Name:     "logql-regexp-any",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a line filter that every line passes, or none: |~ \".*\", |~ \"error|\", !~ \".*\"",
	Why:      "a regular expression that also finds nothing, such as one that ends with a bar, is found in every line: all lines are counted, or none",
	Bad: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum by (job) (count_over_time({job="kernel"} |~ "Out of memory|oom-kill|" [5m])) > 0
`,
	Good: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum by (job) (count_over_time({job="kernel"} |~ "Out of memory|oom-kill" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, filter := range nodesOf[*syntax.LineFilterExpr](s.log) {
			if filter.Op != "" {
				continue
			}
			switch filter.Ty {
			case log.LineMatchEqual, log.LineMatchNotEqual:
				if filter.Match != "" {
					continue
				}
			case log.LineMatchRegexp, log.LineMatchNotRegexp:
				if !matchesEveryLine(filter.Match) {
					continue
				}
			default:
				continue
			}
			passes := "every line passes"
			if filter.Ty == log.LineMatchNotEqual || filter.Ty == log.LineMatchNotRegexp {
				passes = "no line passes"
			}
			found = append(found, s.inFilter(filter).says(fmt.Sprintf("%s %s %s", passes, filter.Ty, quoted(filter.Match))))
		}
		return found
	},
}
