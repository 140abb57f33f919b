package lint

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlFragile = Check{
	Name:     "promql-fragile",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "an alert without for that calculates with aggregations over the targets of two jobs",
	Why:      "after a restart Prometheus has scraped all targets of one job before those of the other, so for a moment the ratio is wrong",
	Bad: `groups:
- name: web
  rules:
  - alert: TooFewWorkers
    expr: sum(workers{job="pool"}) / sum(requests{job="web"}) < 0.5
`,
	Good: `groups:
- name: web
  rules:
  - alert: TooFewWorkers
    expr: sum(workers{job="pool"}) / sum(requests{job="web"}) < 0.5
    for: 2m
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || s.Rule.For > 0 {
			return nil
		}
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			arithmetic := !b.Op.IsComparisonOperator() && !b.Op.IsSetOperator() && b.VectorMatching != nil
			if !arithmetic || len(partsOf[*parser.AggregateExpr](b.LHS)) == 0 || len(partsOf[*parser.AggregateExpr](b.RHS)) == 0 {
				continue
			}
			if left, right := jobs(b.LHS), jobs(b.RHS); len(left) > 0 && len(right) > 0 && !slices.Equal(left, right) {
				return []finding{s.inNode(b).says("the two sides come from different jobs, whose targets Prometheus scrapes at different times after its start").mendedBy("for=2m")}
			}
		}
		return nil
	},
}

// jobs returns the jobs that the selectors in an expression demand, sorted, each once; nil when one of them demands none.
func jobs(e parser.Expr) (names []string) {
	for _, selector := range partsOf[*parser.VectorSelector](e) {
		i := slices.IndexFunc(selector.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == "job" && m.Type == labels.MatchEqual })
		if i < 0 {
			return nil
		}
		names = append(names, selector.LabelMatchers[i].Value)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
