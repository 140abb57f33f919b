package lint

import (
	"fmt"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlRange = Check{
	Name:     "promql-range",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a range or an offset that reaches further back than the samples are kept (the setting retention), or an offset into the future",
	Why:      "what is not kept is not counted: the average of 30 days is one of 15 days then, and the future has no samples when a rule is evaluated",
	Bad: `groups:
- name: web
  rules:
  - alert: MoreThanEver
    expr: http_connections > 2 * avg_over_time(http_connections[30d])
`,
	Good: `groups:
- name: web
  rules:
  - alert: MoreThanEver
    expr: http_connections > 2 * avg_over_time(http_connections[7d])
`,
	With: Scope{Retention: 15 * 24 * time.Hour},
	find: func(s *subject) (found []finding) {
		parser.Inspect(s.prom, func(node parser.Node, path []parser.Node) error {
			selector, ok := node.(*parser.VectorSelector)
			if !ok {
				return nil
			}
			back := reach(selector, path)
			switch kept := s.settings.Retention; {
			case selector.OriginalOffset < 0:
				found = append(found, s.inNode(selector).says("a negative offset looks into the future, where a rule finds no samples"))
			case kept > 0 && back > kept:
				found = append(found, s.inNode(selector).says(fmt.Sprintf("this looks back %s, and samples are kept for %s", rules.FormatDuration(back), rules.FormatDuration(kept))))
			}
			return nil
		})
		return found
	},
}

// reach returns how far back the samples are that a selector reads, with the ranges and offsets around it.
func reach(selector *parser.VectorSelector, path []parser.Node) time.Duration {
	back := selector.OriginalOffset
	for _, node := range path {
		switch node := node.(type) {
		case *parser.MatrixSelector:
			back += node.Range
		case *parser.SubqueryExpr:
			back += node.Range + node.OriginalOffset
		}
	}
	return back
}
