package lint

import (
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var promqlComparison = Check{
	Name:     "promql-comparison",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "an alert whose expression compares nothing, so that it fires for every series that is there, whatever its value",
	Why:      "an alert fires for every series that its expression returns, and 0 is a value too",
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
		if s.Rule.Alert == "" || s.prom.Type() != parser.ValueTypeVector || filters(s.prom) || s.readsNothing() {
			return nil
		}
		f := finding{field: "expr"}
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			if b.ReturnBool {
				return []finding{f.says("the comparison returns 0 or 1 because of bool, and the alert fires for both; leave bool out")}
			}
			if b.Op == parser.LOR {
				return []finding{f.says("one side of or compares nothing: the alert fires whenever that has series, also with the value 0")}
			}
		}
		return []finding{s.positive().says("the expression compares nothing: the alert fires whenever there are series, also with the value 0")}
	},
}

// positive returns a finding about the whole expression, with the comparison of it with 0 as the fix.
func (s *subject) positive() finding {
	f, whole := finding{field: "expr"}, s.Rule.Expr
	if b, ok := s.prom.(*parser.BinaryExpr); ok && b.Op.IsSetOperator() {
		whole = "(" + whole + ")"
	}
	fixed, err := expr.ParsePromQL(whole + " > 0")
	if err != nil || fixed.Type() != parser.ValueTypeVector {
		return f
	}
	if b, ok := fixed.(*parser.BinaryExpr); !ok || b.Op != parser.GTR { // the last line has a comment
		return f
	}
	return f.mendedBy(whole + " > 0")
}
