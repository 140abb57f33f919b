package lint

import (
	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlNoComparator = Check{
	Name:     "logql-no-comparator",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "an alert whose expression compares nothing, so that it fires for every stream that has a line",
	Why:      "an alert fires for every series that its expression returns, whatever its value",
	Bad: `groups:
- name: ssh
  rules:
  - alert: Bans
    expr: sum by (job) (rate({job="fail2ban"} |= "Ban" [5m]))
`,
	Good: `groups:
- name: ssh
  rules:
  - alert: Bans
    expr: sum by (job) (rate({job="fail2ban"} |= "Ban" [5m])) > 0.1
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || longest(s.log) == nil || valuesOf(s.log).always || compares(s.log) {
			return nil
		}
		return []finding{{field: "expr", text: "the expression compares nothing: the alert fires as soon as one line is counted",
			fix: s.Rule.Expr + " > 0"}}
	},
}

// compares reports whether an expression's result depends on more than that there is a line.
func compares(root syntax.Expr) bool {
	for _, e := range nodesOf[*syntax.BinOpExpr](root) {
		if _, ok := comparisonOf(e); ok || e.Op == syntax.OpTypeUnless || syntax.IsComparisonOperator(e.Op) && !e.Opts.ReturnBool {
			return true
		}
	}
	for _, e := range nodesOf[*syntax.RangeAggregationExpr](root) {
		if e.Operation == syntax.OpRangeTypeAbsent {
			return true
		}
	}
	return false
}
