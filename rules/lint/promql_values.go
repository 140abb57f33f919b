package lint

import (
	"math"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// bounds are the numbers between two bounds, both included unless they are open; NaN is never meant.
type bounds struct {
	low, high         float64
	lowOpen, highOpen bool
}

var (
	anyValue    = bounds{low: math.Inf(-1), high: math.Inf(1)}
	notNegative = bounds{low: 0, high: math.Inf(1)}
	oneOrMore   = bounds{low: 1, high: math.Inf(1)}
	one         = bounds{low: 1, high: 1}
	zeroOrOne   = bounds{low: 0, high: 1}
)

func exactly(v float64) bounds {
	if math.IsNaN(v) {
		return anyValue
	}
	return bounds{low: v, high: v}
}

// constant reports whether there is one value only.
func (v bounds) constant() bool { return v.low == v.high }

// nothing reports whether there is no value at all.
func (v bounds) nothing() bool {
	return v.low > v.high || v.low == v.high && (v.lowOpen || v.highOpen)
}

// contains reports whether a number is among the values.
func (v bounds) contains(x float64) bool {
	return (v.low < x || v.low == x && !v.lowOpen) && (x < v.high || x == v.high && !v.highOpen)
}

// within returns the values that are in w too.
func (v bounds) within(w bounds) bounds {
	if w.low > v.low || w.low == v.low && w.lowOpen {
		v.low, v.lowOpen = w.low, w.lowOpen
	}
	if w.high < v.high || w.high == v.high && w.highOpen {
		v.high, v.highOpen = w.high, w.highOpen
	}
	return v
}

// or returns the values between the bounds of both.
func (v bounds) or(w bounds) bounds {
	if w.low < v.low || w.low == v.low && !w.lowOpen {
		v.low, v.lowOpen = w.low, w.lowOpen
	}
	if w.high > v.high || w.high == v.high && !w.highOpen {
		v.high, v.highOpen = w.high, w.highOpen
	}
	return v
}

// through returns the values of a function that never falls.
func (v bounds) through(f func(float64) float64) bounds {
	return bounds{low: f(v.low), high: f(v.high)}
}

// negative returns the values with the other sign.
func (v bounds) negative() bounds {
	return bounds{low: -v.high, high: -v.low, lowOpen: v.highOpen, highOpen: v.lowOpen}
}

// atLeast returns what is the greater of two values.
func (v bounds) atLeast(w bounds) bounds {
	return bounds{low: max(v.low, w.low), high: max(v.high, w.high)}
}

// atMost returns what is the smaller of two values.
func (v bounds) atMost(w bounds) bounds {
	return bounds{low: min(v.low, w.low), high: min(v.high, w.high)}
}

// plus returns the sums of two values. Open bounds are forgotten, as a sum is rounded: 1 and the least number above 0 are 1.
func (v bounds) plus(w bounds) bounds {
	sum := bounds{low: v.low + w.low, high: v.high + w.high}
	if math.IsNaN(sum.low) || math.IsNaN(sum.high) {
		return anyValue
	}
	return sum
}

// times returns the products of two values, without open bounds. What is not a number at the bounds, 0 times infinity, is 0 next to them.
func (v bounds) times(w bounds) bounds {
	return v.with(w, func(a, b float64) float64 { return a * b })
}

// over returns the quotients of two values, of which the divisor is not 0; without open bounds.
func (v bounds) over(w bounds) bounds {
	return v.with(w, func(a, b float64) float64 { return a / b })
}

// with returns the results of an operator that is greatest and smallest where both values are at a bound.
func (v bounds) with(w bounds, operator func(a, b float64) float64) bounds {
	result := bounds{low: math.Inf(1), high: math.Inf(-1)}
	for _, a := range []float64{v.low, v.high} {
		for _, b := range []float64{w.low, w.high} {
			x := operator(a, b)
			if math.IsNaN(x) {
				x = math.Copysign(0, a) * math.Copysign(1, b)
			}
			result.low, result.high = min(result.low, x), max(result.high, x)
		}
	}
	return result
}

// compared returns which values of v a comparison with w can let through, and whether it lets all of them through.
func (v bounds) compared(op parser.ItemType, w bounds) (through bounds, always bool) {
	switch op {
	case parser.GTR:
		return v.within(bounds{w.low, math.Inf(1), true, false}), v.low > w.high || v.low == w.high && (v.lowOpen || w.highOpen)
	case parser.GTE:
		return v.within(bounds{w.low, math.Inf(1), w.lowOpen, false}), v.low >= w.high
	case parser.LSS:
		return v.within(bounds{math.Inf(-1), w.high, false, true}), v.high < w.low || v.high == w.low && (v.highOpen || w.lowOpen)
	case parser.LTE:
		return v.within(bounds{math.Inf(-1), w.high, false, w.highOpen}), v.high <= w.low
	case parser.EQLC:
		return v.within(w), v.constant() && w.constant() && v.low == w.low
	case parser.NEQ: // what is not a number, such as scalar() of two series, passes whatever the bounds are
		return v, v.within(w).nothing()
	}
	return v, false
}

// promValues returns the bounds of the values that a PromQL expression's result can have, as far as the functions and operators in it tell,
// and the names that are Prometheus's own: up, ALERTS, and _total, _count and _bucket for what only counts.
func promValues(e parser.Expr) bounds {
	switch e := e.(type) {
	case *parser.NumberLiteral:
		return exactly(e.Val)
	case *parser.ParenExpr:
		return promValues(e.Expr)
	case *parser.UnaryExpr:
		if e.Op == parser.SUB {
			return promValues(e.Expr).negative()
		}
		return promValues(e.Expr)
	case *parser.SubqueryExpr:
		return promValues(e.Expr)
	case *parser.MatrixSelector:
		return promValues(e.VectorSelector)
	case *parser.VectorSelector:
		return promValuesByName(metricName(e))
	case *parser.BinaryExpr:
		return promValuesOfBinary(e)
	case *parser.AggregateExpr:
		return promValuesOfAggregate(e)
	case *parser.Call:
		return promValuesOfCall(e)
	}
	return anyValue
}

func promValuesByName(name string) bounds {
	switch {
	case name == "up":
		return zeroOrOne
	case name == "ALERTS":
		return one
	case strings.HasSuffix(name, "_total"), strings.HasSuffix(name, "_count"), strings.HasSuffix(name, "_bucket"):
		return notNegative
	}
	return anyValue
}

func promValuesOfBinary(e *parser.BinaryExpr) bounds {
	left, right := promValues(e.LHS), promValues(e.RHS)
	switch {
	case e.ReturnBool:
		return zeroOrOne
	case e.Op == parser.LAND, e.Op == parser.LUNLESS:
		return left
	case e.Op == parser.LOR:
		return left.or(right)
	case e.Op.IsComparisonOperator():
		if e.LHS.Type() == parser.ValueTypeScalar { // the vector's values are kept
			through, _ := right.compared(mirrored(e.Op), left)
			return through
		}
		through, _ := left.compared(e.Op, right)
		return through
	case e.Op == parser.ADD:
		return left.plus(right)
	case e.Op == parser.SUB:
		return left.plus(right.negative())
	case e.Op == parser.MUL:
		return left.times(right)
	case e.Op == parser.DIV && (right.low > 0 || right.high < 0):
		return left.over(right)
	case e.Op == parser.DIV && left.low >= 0 && right.low >= 0 && !math.Signbit(right.low): // what is divided by -0 is -Inf
		return notNegative
	}
	return anyValue
}

// mirrored returns the comparison with its sides exchanged.
func mirrored(op parser.ItemType) parser.ItemType {
	switch op {
	case parser.GTR:
		return parser.LSS
	case parser.GTE:
		return parser.LTE
	case parser.LSS:
		return parser.GTR
	case parser.LTE:
		return parser.GTE
	}
	return op
}

func promValuesOfAggregate(e *parser.AggregateExpr) bounds {
	switch e.Op {
	case parser.COUNT, parser.COUNT_VALUES:
		return oneOrMore // without series there is no result
	case parser.GROUP:
		return one
	case parser.STDDEV, parser.STDVAR:
		return notNegative
	case parser.SUM:
		return summed(promValues(e.Expr))
	case parser.MIN, parser.MAX, parser.AVG, parser.TOPK, parser.BOTTOMK, parser.LIMITK, parser.LIMIT_RATIO:
		return promValues(e.Expr)
	}
	return anyValue
}

// summed returns the sums of one or more values.
func summed(each bounds) bounds {
	switch {
	case each.low >= 0:
		return bounds{each.low, math.Inf(1), each.lowOpen, false}
	case each.high <= 0:
		return bounds{math.Inf(-1), each.high, false, each.highOpen}
	}
	return anyValue
}
