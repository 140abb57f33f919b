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
  - alert: Watchdog
    expr: vector(1)
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || filters(s.prom) || len(partsOf[*parser.VectorSelector](s.prom)) == 0 { // without series it fires always on purpose
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
		return []finding{f.says("the expression compares nothing: the alert fires whenever there are series, also with the value 0").mendedBy(s.Rule.Expr + " > 0")}
	},
}
