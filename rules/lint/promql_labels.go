package lint

import (
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// promLabels returns what is known of the labels of a PromQL expression's result. What each function and operator does to labels is
// Prometheus 3.15's: promql/engine.go and promql/functions.go.
func promLabels(e parser.Expr) labelSet {
	switch e := e.(type) {
	case *parser.VectorSelector:
		return selected(e.LabelMatchers)
	case *parser.MatrixSelector:
		return promLabels(e.VectorSelector)
	case *parser.SubqueryExpr:
		return promLabels(e.Expr)
	case *parser.ParenExpr:
		return promLabels(e.Expr)
	case *parser.UnaryExpr:
		return promLabels(e.Expr)
	case *parser.AggregateExpr:
		return aggregated(e)
	case *parser.BinaryExpr:
		return joined(e)
	case *parser.Call:
		return returned(e)
	}
	return none() // numbers and texts
}

// selected returns the labels of series that some matchers select.
func selected(by matchers) labelSet {
	var l labelSet
	for _, m := range by {
		switch {
		case m.Name == model.MetricNameLabel:
		case m.Type == labels.MatchEqual && m.Value == "":
			l = l.without(m.Name)
		case !m.Matches(""):
			l = l.with(m.Name, true)
		}
	}
	l.passed = by.without(model.MetricNameLabel)
	return l
}

func aggregated(e *parser.AggregateExpr) labelSet {
	inner := promLabels(e.Expr)
	switch {
	case e.Op == parser.TOPK, e.Op == parser.BOTTOMK, e.Op == parser.LIMITK, e.Op == parser.LIMIT_RATIO:
		return inner
	case e.Without:
		inner = inner.without(e.Grouping...)
	default:
		inner = inner.only(e.Grouping...)
	}
	if label, ok := bare(e.Param).(*parser.StringLiteral); ok && e.Op == parser.COUNT_VALUES {
		inner = inner.with(label.Val, true)
	}
	return inner
}

func joined(e *parser.BinaryExpr) labelSet {
	left, right := promLabels(e.LHS), promLabels(e.RHS)
	match := e.VectorMatching
	switch {
	case match == nil && e.LHS.Type() == parser.ValueTypeScalar:
		return right
	case match == nil, e.Op == parser.LUNLESS:
		return left
	case e.Op == parser.LAND:
		if !match.On && len(match.MatchingLabels) == 0 {
			return both(left, right)
		}
		return left
	case e.Op == parser.LOR:
		return either(left, right)
	case match.Card == parser.CardOneToMany:
		return included(right, left, match)
	case match.Card == parser.CardManyToOne:
		return included(left, right, match)
	case match.On:
		return both(left.only(match.MatchingLabels...), right.only(match.MatchingLabels...))
	}
	return both(left.without(match.MatchingLabels...), right.without(match.MatchingLabels...))
}

// included returns the labels of the side with many series, and of the other one those that group_left or group_right names.
func included(many, one labelSet, match *parser.VectorMatching) labelSet {
	for _, name := range match.Include {
		if one.can(name) {
			many = many.with(name, one.has(name))
		} else {
			many = many.without(name)
		}
	}
	return many
}

func returned(e *parser.Call) labelSet {
	switch e.Func.Name {
	case "absent", "absent_over_time":
		return absentLabels(e.Args[0])
	case "histogram_quantile", "histogram_fraction":
		return promLabels(e.Args[len(e.Args)-1]).without(labels.BucketLabel)
	case "info":
		return labelSet{} // it adds what it finds
	case "label_replace", "label_join":
		return relabelled(e)
	}
	for _, arg := range e.Args {
		if t := arg.Type(); t == parser.ValueTypeVector || t == parser.ValueTypeMatrix {
			if e.Func.ReturnType == parser.ValueTypeScalar {
				return none()
			}
			return promLabels(arg)
		}
	}
	return none()
}

// absentLabels returns what absent() takes from its selector: the labels that it demands by one = each. The first = of a label sets it, and
// every other matcher that comes takes it away: in the order of their texts, as a ruler evaluates an expression as it is printed.
func absentLabels(arg parser.Expr) labelSet {
	if matrix, ok := arg.(*parser.MatrixSelector); ok {
		arg = matrix.VectorSelector
	}
	selector, ok := arg.(*parser.VectorSelector)
	l := none()
	if !ok {
		return l
	}
	var seen []string
	for _, m := range slices.SortedFunc(slices.Values(selector.LabelMatchers), func(a, b *labels.Matcher) int { return strings.Compare(a.String(), b.String()) }) {
		switch {
		case m.Name == model.MetricNameLabel:
		case m.Type == labels.MatchEqual && !slices.Contains(seen, m.Name):
			l = l.with(m.Name, true)
			if m.Value == "" {
				l = l.without(m.Name)
			}
			seen = append(seen, m.Name)
		default:
			l = l.without(m.Name)
		}
	}
	return l
}

// relabelled returns the labels after label_replace or label_join: whether the target gets a value depends on the series.
func relabelled(e *parser.Call) labelSet {
	l := promLabels(e.Args[0])
	target, ok := e.Args[1].(*parser.StringLiteral)
	if !ok {
		return labelSet{}
	}
	sure := false
	if e.Func.Name == "label_join" {
		for _, arg := range e.Args[3:] {
			if source, ok := arg.(*parser.StringLiteral); ok && l.has(source.Val) {
				sure = true
			}
		}
	}
	return l.with(target.Val, sure)
}

// dropper returns the part of an expression that takes a label away which the result cannot have; the expression itself when all of its parts
// cannot have it.
func dropper(e parser.Expr, name string) parser.Expr {
	for child := range parser.ChildrenIter(e) {
		part, ok := child.(parser.Expr)
		if t := valueType(part); ok && (t == parser.ValueTypeVector || t == parser.ValueTypeMatrix) && !promLabels(part).can(name) {
			return dropper(part, name)
		}
	}
	return e
}

func valueType(e parser.Expr) parser.ValueType {
	if e == nil {
		return parser.ValueTypeNone
	}
	return e.Type()
}
