package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlUnusedParser = Check{
	Name:     "logql-unused-parser",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a parser whose labels nothing asks for",
	Why:      "Loki does not even run it: sum(count_over_time(… | json [5m])) counts the lines that are no JSON as well, which is seldom meant",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum(count_over_time({job="api"} |= "error" | json [5m])) > 0
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum(count_over_time({job="api"} |= "error" | json | level="error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if names, stops := wanted(s.log, r); !stops || len(names) > 0 {
				continue
			}
			for i, stage := range stages(r) {
				if parser, ok := stage.(*syntax.LineParserExpr); ok && parser.Op == syntax.OpParserTypeUnpack {
					break
				}
				if parses(stage) && i == len(stages(r))-1 {
					found = append(found, s.writing(s.inOneOf(stage.String()), "").says(fmt.Sprintf("no part of the rule asks for a label that %s makes: ask for one, or leave it out", stage)))
				}
			}
		}
		return found
	},
}
