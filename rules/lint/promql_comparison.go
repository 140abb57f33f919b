package lint

import (
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlComparison = Check{
	Name:     "promql-comparison",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "an alert whose expression compares nothing, so that it fires for every series that is there, whatever its value",
	Why:      "an alert fires for every series that its expression returns; zero is a value too",
	Bad: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: rate(node_disk_errors_total[5m])
`,
	Good: `groups:
- name: disk
  rules:
  - alert: DiskErrors
    expr: rate(node_disk_errors_total[5m]) > 0
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || filters(s.prom) {
			return nil
		}
		return []finding{{field: "expr", text: "the expression compares nothing: the alert fires whenever there are series, also with the value 0",
			fix: s.Rule.Expr + " > 0"}}
	},
}

// filters reports whether an expression's result depends on values: whether some of it compares.
func filters(e parser.Expr) bool {
	found := false
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.BinaryExpr:
			found = found || node.Op.IsComparisonOperator() && !node.ReturnBool || node.Op == parser.LUNLESS
		case *parser.Call:
			found = found || node.Func.Name == "absent" || node.Func.Name == "absent_over_time"
		}
		return nil
	})
	return found
}
