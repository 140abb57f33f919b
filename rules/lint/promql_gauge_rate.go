package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlGaugeRate = Check{
	Name:     "promql-gauge-rate",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "rate, irate or increase of what its name says is no counter: a temperature, a ratio, a time, free or available bytes",
	Why:      "these functions take every fall for a restart that began at 0 again, so what goes up and down gives far too high a result",
	Bad: `groups:
- name: memory
  rules:
  - alert: MemoryShrinks
    expr: rate(node_memory_MemAvailable_bytes[5m]) > 1e6
`,
	Good: `groups:
- name: memory
  rules:
  - alert: MemoryShrinks
    expr: deriv(node_memory_MemAvailable_bytes[5m]) < -1e6
`,
	find: func(s *subject) (found []finding) {
		for _, call := range partsOf[*parser.Call](s.prom) {
			matrix, ok := argument[*parser.MatrixSelector](call, "rate", "irate", "increase")
			if !ok {
				continue
			}
			name := rangeName(matrix)
			if !namesGauge(name) {
				continue
			}
			instead := map[string]string{"rate": "deriv", "irate": "deriv", "increase": "delta"}[call.Func.Name]
			found = append(found, s.rewritten(call, instead+"("+s.source(matrix)+")").
				says(fmt.Sprintf("by its name %s goes up and down, and %s() is for what only grows; use %s()", name, call.Func.Name, instead)))
		}
		return found
	},
}

// argument returns the first argument of a call of one of these functions, and whether it is one and of this kind.
func argument[T parser.Expr](call *parser.Call, functions ...string) (arg T, ok bool) {
	if !slices.Contains(functions, call.Func.Name) {
		return arg, false
	}
	arg, ok = call.Args[0].(T)
	return arg, ok
}

// namesGauge reports whether a metric's name says that its value goes up and down: by the units and words of Prometheus's naming practice.
func namesGauge(name string) bool {
	for _, end := range []string{"_celsius", "_ratio", "_percent", "_percentage", "_timestamp_seconds", "_info"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	lower := strings.ToLower(name)
	return strings.HasSuffix(lower, "_bytes") &&
		slices.ContainsFunc([]string{"avail", "free", "resident", "size", "limit", "cached", "buffers", "heap"}, func(word string) bool { return strings.Contains(lower, word) })
}
