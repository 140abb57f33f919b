package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/grafana/loki/v3/pkg/logqlmodel"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlErrorLabel = Check{
	Name:     "logql-error-label",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "a parser, a comparison of numbers or an unwrap that can fail at a line, with nothing after it that takes such lines out",
	Why:      "one line that is not as expected (no JSON, a \"-\" for a number) makes the whole evaluation fail, and with it the alert, for as long as the line is within the window",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (level) (count_over_time({job="api"} | json [5m])) > 10
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrors
    expr: sum by (level) (count_over_time({job="api"} | json | __error__="" [5m])) > 10
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if r.Unwrap == nil && readsNoLabels(s.log, r) {
				continue
			}
			if culprit := unhandled(r); culprit != "" {
				f := s.inRange(r).says(fmt.Sprintf("a line at which %s fails makes the rule's evaluation fail", culprit))
				if f.end > 0 {
					f = mended(f, s.Rule.Expr[:f.start]+`| __error__="" `+s.Rule.Expr[f.start:])
				}
				found = append(found, f)
			}
		}
		return found
	},
}

// unhandled returns the stage that leaves its errors to the evaluation; "" when there is none.
func unhandled(r *syntax.LogRangeExpr) string {
	culprit := ""
	for _, stage := range stages(r) {
		switch stage := stage.(type) {
		case *syntax.LineParserExpr:
			if stage.Op == syntax.OpParserTypeJSON || stage.Op == syntax.OpParserTypeUnpack {
				culprit = "| " + stage.Op
			}
		case *syntax.JSONExpressionParserExpr:
			culprit = "| json"
		case *syntax.LogfmtParserExpr: // without --strict it passes over what it cannot read
			if stage.Strict {
				culprit = "| logfmt --strict"
			}
		case *syntax.LogfmtExpressionParserExpr:
			if stage.Strict {
				culprit = "| logfmt --strict"
			}
		case *syntax.LabelFilterExpr:
			culprit = afterFilter(culprit, stage.LabelFilterer, r)
		case *syntax.DropLabelsExpr:
			if set(stage.Names()...)[logqlmodel.ErrorLabel] {
				culprit = ""
			}
		}
	}
	if r.Unwrap == nil {
		return culprit
	}
	culprit = "| unwrap " + r.Unwrap.Identifier // a line without the label is passed over, with whatever error it has
	for _, filter := range r.Unwrap.PostFilters {
		culprit = afterFilter(culprit, filter, r)
	}
	return culprit
}

// afterFilter returns who leaves errors to the evaluation after a label filter: a line at which the parser failed has not the label
// that a filter asks for, and does not get past it.
func afterFilter(culprit string, filter log.LabelFilterer, r *syntax.LogRangeExpr) string {
	if both, ok := filter.(*log.BinaryLabelFilter); ok {
		left, right := afterFilter(culprit, both.Left, r), afterFilter(culprit, both.Right, r)
		if both.And && (left == "" || right == "") || left == right {
			return min(left, right)
		}
		return max(left, right)
	}
	m := textMatcher(filter)
	if m == nil {
		return filter.String()
	}
	asks := m.Type == labels.MatchEqual || m.Type == labels.MatchRegexp
	if m.Name == logqlmodel.ErrorLabel || asks && !m.Matches("") && !streamHas(r, m.Name) {
		return ""
	}
	return culprit
}

// streamHas reports whether the streams of a range have a label for sure.
func streamHas(r *syntax.LogRangeExpr, name string) bool {
	for _, m := range r.Left.Matchers() {
		if m.Name == name && !m.Matches("") {
			return true
		}
	}
	return false
}

// readsNoLabels reports whether nothing asks for a label of the line, so that Loki does not even run the parsers: sum(count_over_time(… | json
// [5m])).
func readsNoLabels(root syntax.Expr, r *syntax.LogRangeExpr) bool {
	for _, stage := range stages(r) {
		switch stage.(type) {
		case *syntax.LineFilterExpr, *syntax.LineParserExpr, *syntax.LogfmtParserExpr:
		default:
			return false
		}
	}
	for _, e := range nodesOf[*syntax.VectorAggregationExpr](root) {
		of, ok := e.Left.(*syntax.RangeAggregationExpr)
		if ok && of.Left == r && e.Operation == syntax.OpTypeSum && e.Grouping.Singleton() {
			return true
		}
	}
	return false
}
