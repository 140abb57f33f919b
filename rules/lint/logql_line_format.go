package lint

import (
	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlLineFormat = Check{
	Name:     "logql-line-format",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "line_format where nothing looks at the line afterwards",
	Why:      "a rule counts lines and shows none of them: each one is rewritten, at each evaluation, for nothing",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (job) (count_over_time({job="api"} | logfmt | level="error" | line_format "{{.msg}}" [5m])) > 0
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (job) (count_over_time({job="api"} | logfmt | level="error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, e := range nodesOf[*syntax.RangeAggregationExpr](s.log) {
			if e.Operation == syntax.OpRangeTypeBytes || e.Operation == syntax.OpRangeTypeBytesRate {
				continue // they measure the line
			}
			var last *syntax.LineFmtExpr
			for _, stage := range stages(e.Left) {
				switch stage := stage.(type) {
				case *syntax.LineFmtExpr:
					last = stage
				default:
					if looksAtLine(stage) {
						last = nil
					}
				}
			}
			if last != nil {
				found = append(found, s.writing(s.before(s.before(s.inText(last.Value), syntax.OpFmtLine), "|"), "").says("no part of the rule looks at the line that line_format makes"))
			}
		}
		return found
	},
}

// looksAtLine reports whether a stage's work depends on the line.
func looksAtLine(stage syntax.StageExpr) bool {
	switch stage.(type) {
	case *syntax.LineFilterExpr:
		return true
	default:
		return parses(stage)
	}
}
