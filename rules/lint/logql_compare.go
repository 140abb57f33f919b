package lint

import (
	"math"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

// comparison is one with a number, which lets those results through for which it holds.
type comparison struct {
	of     syntax.SampleExpr
	op     string // as if the number stood at the right
	number float64
}

// turned are the operators as they read from the right.
var turned = map[string]string{
	syntax.OpTypeGT: syntax.OpTypeLT, syntax.OpTypeLT: syntax.OpTypeGT, syntax.OpTypeGTE: syntax.OpTypeLTE, syntax.OpTypeLTE: syntax.OpTypeGTE,
	syntax.OpTypeCmpEQ: syntax.OpTypeCmpEQ, syntax.OpTypeNEQ: syntax.OpTypeNEQ,
}

// comparisonOf returns an operation as a comparison; false where it is none.
func comparisonOf(e *syntax.BinOpExpr) (comparison, bool) {
	if !syntax.IsComparisonOperator(e.Op) || e.Opts != nil && e.Opts.ReturnBool {
		return comparison{}, false
	}
	if number, ok := e.RHS.(*syntax.LiteralExpr); ok {
		return comparison{e.SampleExpr, e.Op, number.Val}, true
	}
	if number, ok := e.SampleExpr.(*syntax.LiteralExpr); ok {
		return comparison{e.RHS, turned[e.Op], number.Val}, true
	}
	return comparison{}, false
}

// any reports whether it asks no more than that there is something: > 0 of a count.
func (c comparison) any() bool {
	switch c.op {
	case syntax.OpTypeGT, syntax.OpTypeNEQ:
		return c.number == 0
	case syntax.OpTypeGTE:
		return c.number == 1
	default:
		return false
	}
}

// holds tells what is known beforehand: that it holds for every value, for none, or neither.
func (c comparison) holds() (always, never bool) {
	v := valuesOf(c.of)
	switch c.op {
	case syntax.OpTypeGT:
		return v.low > c.number || v.low == c.number && v.above, v.high <= c.number
	case syntax.OpTypeGTE:
		return v.low >= c.number, v.high < c.number
	case syntax.OpTypeLT:
		return v.high < c.number, v.low >= c.number
	case syntax.OpTypeLTE:
		return v.high <= c.number, v.low > c.number || v.low == c.number && v.above
	case syntax.OpTypeCmpEQ:
		return v.equal(c.number), v.excludes(c.number)
	case syntax.OpTypeNEQ:
		return v.excludes(c.number), v.equal(c.number)
	default:
		return false, false
	}
}

func (v values) equal(number float64) bool { return v.low == number && v.high == number }

func (v values) excludes(number float64) bool {
	return number < v.low || number > v.high || number == v.low && v.above
}

// passed returns the values that it lets through.
func (c comparison) passed() values {
	v := valuesOf(c.of)
	always, _ := c.holds()
	v.always = v.always && always
	switch c.op {
	case syntax.OpTypeGT:
		if c.number >= v.low {
			v.low, v.above = c.number, true
		}
	case syntax.OpTypeGTE:
		if c.number > v.low {
			v.low, v.above = c.number, false
		}
	case syntax.OpTypeLT, syntax.OpTypeLTE:
		v.high = math.Min(v.high, c.number)
	case syntax.OpTypeCmpEQ:
		v.low, v.high, v.above = c.number, c.number, false
	}
	return v
}

// comparisonsOf returns all comparisons with a number in an expression, outer ones first.
func comparisonsOf(root syntax.Expr) []comparison {
	var all []comparison
	for _, e := range nodesOf[*syntax.BinOpExpr](root) {
		if c, ok := comparisonOf(e); ok {
			all = append(all, c)
		}
	}
	return all
}
