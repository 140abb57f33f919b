package lint

import (
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// partsOf returns the parts of one kind in a PromQL expression, outer ones first.
func partsOf[T parser.Node](e parser.Expr) (parts []T) {
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if part, ok := node.(T); ok {
			parts = append(parts, part)
		}
		return nil
	})
	return parts
}

// rewritten returns a finding about a part of the expression, with the expression that has text in its place as the fix, if that parses.
func (s *subject) rewritten(node parser.Node, text string) finding {
	f := s.inNode(node)
	if f.end == 0 {
		return f
	}
	expression := s.Rule.Expr[:f.start] + text + s.Rule.Expr[f.end:]
	if _, err := expr.ParsePromQL(expression); err == nil {
		f.fix = expression
	}
	return f
}

// bare returns an expression without brackets around it.
func bare(e parser.Expr) parser.Expr {
	for {
		paren, ok := e.(*parser.ParenExpr)
		if !ok {
			return e
		}
		e = paren.Expr
	}
}

// keepsSeries reports whether an aggregation returns some of the series that it is given, with all their labels.
func keepsSeries(op parser.ItemType) bool {
	return op == parser.TOPK || op == parser.BOTTOMK || op == parser.LIMITK || op == parser.LIMIT_RATIO
}

// filters reports whether it depends on values, or on something being absent, which series an expression returns.
func filters(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.BinaryExpr:
		switch {
		case e.Op == parser.LOR:
			return filters(e.LHS) && filters(e.RHS)
		case e.Op == parser.LUNLESS, e.Op.IsComparisonOperator() && !e.ReturnBool:
			return true
		}
		return filters(e.LHS) || filters(e.RHS)
	case *parser.Call:
		if e.Func.Name == "absent" || e.Func.Name == "absent_over_time" {
			return true
		}
	case *parser.VectorSelector:
		return metricName(e) == "ALERTS" // its series are there while alerts are
	}
	for child := range parser.ChildrenIter(e) {
		if part, ok := child.(parser.Expr); ok && filters(part) {
			return true
		}
	}
	return false
}
