package lint

import (
	"regexp"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

var constant = Check{
	Name:     "constant",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "an alert that reads no series and no logs, and has a result at every evaluation, such as vector(1); but not a dead man's switch, which has severity=none or says so in its name",
	Why:      "an alert fires for every result, so this one fires from the first evaluation on, for ever",
	Bad: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: vector(1)
`,
	Good: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job="web"} == 0
  - alert: DeadMansSwitch
    expr: vector(1)
    labels: {severity: none}
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || s.Rule.Labels["severity"] == "none" || deadMansSwitch.MatchString(s.Rule.Alert) || !s.readsNothing() || !s.alwaysReturns() {
			return nil
		}
		return []finding{finding{field: "expr", text: "this depends on nothing, so the alert always fires; a dead man's switch, which is meant to, has severity=none"}.mendedBy("severity=none")}
	},
}

// deadMansSwitch are names of alerts that always fire, so that whoever is called when they stop knows that alerting works.
var deadMansSwitch = regexp.MustCompile(`(?i)dead.?m[ae]n|watchdog|heartbeat|always.?(on|fir)`)

// readsNothing reports whether an expression reads neither series nor logs.
func (s *subject) readsNothing() bool {
	if s.dialect == expr.LogQL {
		return longest(s.log) == nil
	}
	return len(partsOf[*parser.VectorSelector](s.prom)) == 0
}

// alwaysReturns reports whether an expression that reads nothing has a result at every evaluation.
func (s *subject) alwaysReturns() bool {
	if s.dialect == expr.LogQL {
		return valuesOf(s.log).always
	}
	return returnsAlways(s.prom)
}

// returnsAlways reports whether a PromQL expression without selectors surely has a result.
func returnsAlways(e parser.Expr) bool {
	if e.Type() == parser.ValueTypeScalar {
		return true
	}
	switch e := e.(type) {
	case *parser.ParenExpr:
		return returnsAlways(e.Expr)
	case *parser.UnaryExpr:
		return returnsAlways(e.Expr)
	case *parser.AggregateExpr:
		return !keepsSeries(e.Op) && returnsAlways(e.Expr)
	case *parser.Call:
		return returnsAlwaysOf(e)
	case *parser.BinaryExpr:
		return joinsAlways(e)
	}
	return false
}

// returnsAlwaysOf is returnsAlways for functions: those of one vector have a result for each of its series; those without have one.
func returnsAlwaysOf(e *parser.Call) bool {
	switch e.Func.Name {
	case "absent", "absent_over_time", "histogram_quantile", "histogram_quantiles", "histogram_fraction", "histogram_avg", "histogram_count", "histogram_sum",
		"histogram_stddev", "histogram_stdvar", "info":
		return false
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			return t == parser.ValueTypeVector && returnsAlways(arg)
		}
	}
	return true
}

// joinsAlways is returnsAlways for operators.
func joinsAlways(e *parser.BinaryExpr) bool {
	left, right := returnsAlways(e.LHS), returnsAlways(e.RHS)
	switch {
	case e.Op == parser.LOR:
		return left || right
	case !left || !right || e.Op == parser.LUNLESS:
		return false
	case e.VectorMatching != nil && !(promLabels(e.LHS).empty() && promLabels(e.RHS).empty()):
		return false // they may not match
	case e.Op.IsComparisonOperator() && !e.ReturnBool:
		_, always := promValues(e.LHS).compared(e.Op, promValues(e.RHS))
		return always
	}
	return true
}
