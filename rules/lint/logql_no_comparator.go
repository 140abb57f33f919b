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
		if s.Rule.Alert == "" {
			return nil
		}
		compares := false
		s.log.Walk(func(e syntax.Expr) bool {
			switch e := e.(type) {
			case *syntax.BinOpExpr:
				compares = compares || syntax.IsComparisonOperator(e.Op) || e.Op == syntax.OpTypeUnless
			case *syntax.RangeAggregationExpr:
				compares = compares || e.Operation == syntax.OpRangeTypeAbsent
			}
			return true
		})
		if compares {
			return nil
		}
		return []finding{{field: "expr", text: "the expression compares nothing: the alert fires as soon as one line is counted",
			fix: s.Rule.Expr + " > 0"}}
	},
}
