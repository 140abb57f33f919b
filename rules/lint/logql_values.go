package lint

import (
	"math"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

// values is between what the values of an expression's results are. (A line that is there is counted at least once: Loki has no zeros.)
type values struct {
	low, high float64
	above     bool // never low itself
	always    bool // there is a result at every evaluation, whatever was logged
}

// anything is what is known of most values.
var anything = values{low: math.Inf(-1), high: math.Inf(1)}

// valuesOf returns what can be told of an expression's results without a log.
func valuesOf(e syntax.SampleExpr) values {
	switch e := e.(type) {
	case *syntax.LiteralExpr:
		return values{low: e.Val, high: e.Val, always: true}
	case *syntax.VectorExpr:
		return values{low: e.Val, high: e.Val, always: true}
	case *syntax.LabelReplaceExpr:
		return valuesOf(e.Left)
	case *syntax.RangeAggregationExpr:
		return rangeValues(e)
	case *syntax.VectorAggregationExpr:
		return vectorValues(e)
	case *syntax.BinOpExpr:
		return binaryValues(e)
	default:
		return anything
	}
}

func rangeValues(e *syntax.RangeAggregationExpr) values {
	most := math.Inf(1)
	switch e.Operation {
	case syntax.OpRangeTypeAbsent:
		return values{low: 1, high: 1}
	case syntax.OpRangeTypeCount:
		return values{low: 1, high: most}
	case syntax.OpRangeTypeRate:
		if e.Left.Unwrap == nil {
			return values{low: 0, high: most, above: true}
		}
	case syntax.OpRangeTypeBytes, syntax.OpRangeTypeBytesRate, syntax.OpRangeTypeStddev, syntax.OpRangeTypeStdvar:
		return values{low: 0, high: most}
	}
	return anything
}

func vectorValues(e *syntax.VectorAggregationExpr) values {
	of := valuesOf(e.Left)
	switch e.Operation {
	case syntax.OpTypeSum:
		if of.low < 0 {
			of.low = math.Inf(-1)
		}
		of.high = math.Inf(1)
	case syntax.OpTypeCount:
		return values{low: 1, high: math.Inf(1), always: of.always}
	case syntax.OpTypeStddev, syntax.OpTypeStdvar:
		return values{low: 0, high: math.Inf(1), always: of.always}
	}
	return of
}

func binaryValues(e *syntax.BinOpExpr) values {
	left, right := valuesOf(e.SampleExpr), valuesOf(e.RHS)
	switch {
	case syntax.IsComparisonOperator(e.Op) && e.Opts != nil && e.Opts.ReturnBool:
		return values{low: 0, high: 1, always: scalar(e) && left.always && right.always}
	case syntax.IsComparisonOperator(e.Op):
		c, ok := comparisonOf(e)
		if !ok {
			left.always = false
			return left
		}
		return c.passed()
	}
	both := values{low: math.Inf(-1), high: math.Inf(1), always: scalar(e) && left.always && right.always}
	switch e.Op {
	case syntax.OpTypeOr:
		both = values{low: min(left.low, right.low), high: max(left.high, right.high), always: left.always || right.always}
	case syntax.OpTypeAnd, syntax.OpTypeUnless:
		both = left
		both.always = false
	case syntax.OpTypeAdd:
		both.low, both.high = left.low+right.low, left.high+right.high
	case syntax.OpTypeSub:
		both.low, both.high = left.low-right.high, left.high-right.low
	case syntax.OpTypeMul:
		if left.low >= 0 && right.low >= 0 {
			both.low, both.above = 0, left.positive() && right.positive()
		}
	case syntax.OpTypeDiv:
		both.always = false // by zero it is NaN, for which no comparison holds
		if left.low >= 0 && right.low >= 0 {
			both.low = 0
		}
	}
	if math.IsNaN(both.low) || math.IsNaN(both.high) {
		return anything
	}
	return both
}

// positive reports whether zero is none of the values.
func (v values) positive() bool { return v.low > 0 || v.low == 0 && v.above }

// scalar reports whether one side of an operation is a number: then no labels have to match.
func scalar(e *syntax.BinOpExpr) bool {
	_, left := e.SampleExpr.(*syntax.LiteralExpr)
	_, right := e.RHS.(*syntax.LiteralExpr)
	return left || right
}
