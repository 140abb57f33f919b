package lint

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var promqlRecorded = Check{
	Name:     "promql-recorded",
	Dialects: inPromQL,
	Severity: rules.SeverityInfo,
	What:     "a part of an expression that a recording rule calculates already",
	Why:      "the same is calculated twice; the recorded series costs next to nothing to read",
	Bad: `groups:
- name: web
  rules:
  - record: job:http_errors:rate5m
    expr: sum by (job) (rate(http_errors_total[5m]))
  - alert: Errors
    expr: sum by (job) (rate(http_errors_total[5m])) > 1
`,
	Good: `groups:
- name: web
  rules:
  - record: job:http_errors:rate5m
    expr: sum by (job) (rate(http_errors_total[5m]))
  - alert: Errors
    expr: job:http_errors:rate5m > 1
`,
	find: func(s *subject) (found []finding) {
		parser.Inspect(s.prom, func(node parser.Node, _ []parser.Node) error {
			part, ok := node.(parser.Expr)
			if _, single := node.(*parser.VectorSelector); !ok || single || part.Type() != parser.ValueTypeVector || len(found) > 0 {
				return nil
			}
			if r := s.recordedAs(part); r != nil {
				found = append(found, s.rewritten(part, r.Rule.Record).says(fmt.Sprintf("%s is recorded as %s already", s.source(part), r.Rule.Record)))
			}
			return nil
		})
		return found
	},
}

// recordedAs returns a recording rule with no labels of its own that records a part of the expression; nil when there is none.
func (s *subject) recordedAs(part parser.Expr) *rules.Entry {
	if _, isParen := part.(*parser.ParenExpr); isParen {
		return nil
	}
	like := s.near.alike(&rules.Entry{Ref: rules.Ref{Ruler: s.Ref.Ruler}, Rule: rules.Rule{Expr: s.source(part)}})
	i := slices.IndexFunc(like, func(e *rules.Entry) bool {
		if e.Rule.Record == "" || e.Ref == s.Ref || len(e.Rule.Labels) > 0 {
			return false
		}
		canonical, err := expr.PromQL.Canonical(e.Rule.Expr)
		return err == nil && canonical == part.String()
	})
	if i < 0 {
		return nil
	}
	return like[i]
}
