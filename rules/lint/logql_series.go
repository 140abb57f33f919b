package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlSeries = Check{
	Name:     "logql-series",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "lines that a parser takes apart and nothing puts together again: count_over_time(… | json [5m]) without a grouping",
	Why:      "every field of the line becomes a label, so nearly every line is a series and an alert of its own, with the count 1; more than 500 of them (Loki's max_query_series) and the rule fails",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: count_over_time({job="api"} | logfmt | level="error" [5m]) > 0
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (job) (count_over_time({job="api"} | logfmt | level="error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		if _, all := labelsOf(s.log); all || narrowed(s.log) {
			return nil
		}
		var found []finding
		for _, e := range nodesOf[*syntax.RangeAggregationExpr](s.log) {
			if parser := takesApart(e.Left); parser != "" && e.Grouping == nil && e.Operation != syntax.OpRangeTypeAbsent {
				found = append(found, s.inOneOf(e.Operation).says(fmt.Sprintf("every label that %s makes is one of the result's: nearly every line is a series of its own; put sum by (…) around it", parser)))
			}
		}
		return found
	},
}

// takesApart returns the parser that makes labels of all fields of a line; "" when there is none, or only some labels are kept.
func takesApart(r *syntax.LogRangeExpr) string {
	parser := ""
	for _, stage := range stages(r) {
		switch stage := stage.(type) {
		case *syntax.LineParserExpr:
			if stage.Op == syntax.OpParserTypeJSON || stage.Op == syntax.OpParserTypeUnpack {
				parser = stage.Op
			}
		case *syntax.LogfmtParserExpr:
			parser = syntax.OpParserTypeLogfmt
		case *syntax.KeepLabelsExpr:
			parser = ""
		}
	}
	return parser
}
