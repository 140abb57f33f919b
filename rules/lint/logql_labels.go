package lint

import (
	"maps"
	"slices"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"
)

// labelsOf returns the names of labels that an expression's results may have; all is false when they may have others too, those of the
// streams and of the lines.
func labelsOf(e syntax.SampleExpr) (names map[string]bool, all bool) {
	switch e := e.(type) {
	case *syntax.LiteralExpr, *syntax.VectorExpr:
		return map[string]bool{}, true
	case *syntax.RangeAggregationExpr:
		if e.Operation == syntax.OpRangeTypeAbsent {
			return equalNames(e.Left.Left.Matchers()), true
		}
		if e.Grouping != nil && !e.Grouping.Without {
			return set(e.Grouping.Groups...), true
		}
	case *syntax.VectorAggregationExpr:
		return aggregatedLabels(e)
	case *syntax.LabelReplaceExpr:
		names, all := labelsOf(e.Left)
		if all {
			names = maps.Clone(names)
			names[e.Dst] = true
		}
		return names, all
	case *syntax.BinOpExpr:
		return binaryLabels(e)
	}
	return nil, false
}

// equalNames returns the labels that absent_over_time gives its result: those that have one value only.
func equalNames(matchers []*labels.Matcher) map[string]bool {
	names := map[string]bool{}
	for _, m := range matchers {
		if m.Type == labels.MatchEqual {
			names[m.Name] = true
		}
	}
	return names
}

func aggregatedLabels(e *syntax.VectorAggregationExpr) (map[string]bool, bool) {
	inner, all := labelsOf(e.Left)
	switch e.Operation {
	case syntax.OpTypeTopK, syntax.OpTypeBottomK, syntax.OpTypeApproxTopK, syntax.OpTypeSort, syntax.OpTypeSortDesc:
		return inner, all
	}
	if e.Grouping.Without {
		inner = maps.Clone(inner)
		for _, name := range e.Grouping.Groups {
			delete(inner, name)
		}
		return inner, all
	}
	names := set(e.Grouping.Groups...)
	if all {
		maps.DeleteFunc(names, func(name string, _ bool) bool { return !inner[name] })
	}
	return names, true
}

// binaryLabels returns the labels of both sides: which of them remain depends on how they are matched.
func binaryLabels(e *syntax.BinOpExpr) (map[string]bool, bool) {
	left, leftAll := labelsOf(e.SampleExpr)
	if e.Op == syntax.OpTypeAnd || e.Op == syntax.OpTypeUnless {
		return left, leftAll
	}
	right, rightAll := labelsOf(e.RHS)
	if !leftAll || !rightAll {
		return nil, false
	}
	names := maps.Clone(left)
	maps.Copy(names, right)
	return names, true
}

// sureLabels returns the names of labels that each of an expression's results has with a value.
func sureLabels(e syntax.SampleExpr) map[string]bool {
	names := map[string]bool{}
	switch e := e.(type) {
	case *syntax.RangeAggregationExpr:
		if e.Operation == syntax.OpRangeTypeAbsent || changesLabels(e.Left) {
			return names
		}
		for _, m := range e.Left.Left.Matchers() {
			if !m.Matches("") && (e.Grouping == nil || set(e.Grouping.Groups...)[m.Name] != e.Grouping.Without) {
				names[m.Name] = true
			}
		}
	case *syntax.BinOpExpr:
		if scalar(e) {
			maps.Copy(names, sureLabels(e.SampleExpr))
			maps.Copy(names, sureLabels(e.RHS))
		}
	case *syntax.VectorAggregationExpr:
		names = sureLabels(e.Left)
		may, all := labelsOf(e)
		gone := set(e.Grouping.Groups...)
		maps.DeleteFunc(names, func(name string, _ bool) bool { return all && !may[name] || e.Grouping.Without && gone[name] })
	}
	return names
}

// passedBy returns matchers that each of an expression's results passes; a label that it has not is "".
func passedBy(e syntax.SampleExpr) matchers {
	switch e := e.(type) {
	case *syntax.RangeAggregationExpr:
		if e.Operation == syntax.OpRangeTypeAbsent || changesLabels(e.Left) {
			return nil
		}
		return grouped(e.Left.Left.Matchers(), e.Grouping)
	case *syntax.VectorAggregationExpr:
		switch e.Operation {
		case syntax.OpTypeTopK, syntax.OpTypeBottomK, syntax.OpTypeApproxTopK, syntax.OpTypeSort, syntax.OpTypeSortDesc:
			return passedBy(e.Left)
		}
		return grouped(passedBy(e.Left), e.Grouping)
	case *syntax.LabelReplaceExpr:
		return passedBy(e.Left).without(e.Dst)
	case *syntax.BinOpExpr:
		switch {
		case scalar(e):
			return slices.Concat(passedBy(e.SampleExpr), passedBy(e.RHS))
		case e.Op == syntax.OpTypeAnd, e.Op == syntax.OpTypeUnless:
			return passedBy(e.SampleExpr)
		}
	}
	return nil
}

// grouped returns the matchers of the labels that a grouping keeps.
func grouped(m matchers, by *syntax.Grouping) matchers {
	switch {
	case by == nil:
		return m
	case by.Without:
		return m.without(by.Groups...)
	}
	return m.of(by.Groups...)
}

// changesLabels reports whether a pipeline may take labels away or give them other names.
func changesLabels(r *syntax.LogRangeExpr) bool {
	for _, stage := range stages(r) {
		switch stage.(type) {
		case *syntax.DropLabelsExpr, *syntax.KeepLabelsExpr, *syntax.LabelFmtExpr:
			return true
		}
	}
	return false
}
