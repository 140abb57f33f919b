package lint

import (
	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"
)

// nodesOf returns the nodes of one type in a LogQL tree, outer ones first.
func nodesOf[T syntax.Expr](root syntax.Expr) []T {
	var all []T
	root.Walk(func(e syntax.Expr) bool {
		if node, ok := e.(T); ok {
			all = append(all, node)
		}
		return true
	})
	return all
}

// stages returns the pipeline of a range; none where it is a bare selector.
func stages(r *syntax.LogRangeExpr) syntax.MultiStageExpr {
	if pipeline, ok := r.Left.(*syntax.PipelineExpr); ok {
		return pipeline.MultiStages
	}
	return nil
}

// lineFilters returns the line filters that one stage stands for, from left to right: all must hold. The alternatives of one are in its Or.
func lineFilters(stage *syntax.LineFilterExpr) []*syntax.LineFilterExpr {
	var all []*syntax.LineFilterExpr
	if stage.Left != nil {
		all = lineFilters(stage.Left)
	}
	return append(all, stage)
}

// labelFilters returns the parts of a label filter.
func labelFilters(filter log.LabelFilterer) []log.LabelFilterer {
	if both, ok := filter.(*log.BinaryLabelFilter); ok {
		return append(labelFilters(both.Left), labelFilters(both.Right)...)
	}
	return []log.LabelFilterer{filter}
}

// textMatcher returns the matcher of a label filter that compares texts; nil for one that compares numbers.
func textMatcher(filter log.LabelFilterer) *labels.Matcher {
	switch filter := filter.(type) {
	case *log.StringLabelFilter:
		return filter.Matcher
	case *log.LineFilterLabelFilter:
		return filter.Matcher
	case *log.NoopLabelFilter:
		return filter.Matcher
	default:
		return nil
	}
}

// parses reports whether a stage makes labels of the line.
func parses(stage syntax.StageExpr) bool {
	switch stage.(type) {
	case *syntax.LineParserExpr, *syntax.LogfmtParserExpr, *syntax.JSONExpressionParserExpr, *syntax.LogfmtExpressionParserExpr:
		return true
	default:
		return false
	}
}

// rewrites reports whether a stage makes another line of the line.
func rewrites(stage syntax.StageExpr) bool {
	switch stage := stage.(type) {
	case *syntax.LineFmtExpr, *syntax.DecolorizeExpr:
		return true
	case *syntax.LineParserExpr:
		return stage.Op == syntax.OpParserTypeUnpack
	default:
		return false
	}
}

// longest returns the longest of the ranges; nil when nothing is read from logs.
func longest(root syntax.Expr) *syntax.LogRangeExpr {
	var most *syntax.LogRangeExpr
	for _, r := range nodesOf[*syntax.LogRangeExpr](root) {
		if most == nil || r.Interval > most.Interval {
			most = r
		}
	}
	return most
}

// needed returns the parts of an expression without whose results it has none itself, outer ones first. What stands beside an or, or behind
// an unless, is not among them.
func needed(e syntax.SampleExpr) []syntax.SampleExpr {
	parts := []syntax.SampleExpr{e}
	switch e := e.(type) {
	case *syntax.VectorAggregationExpr:
		parts = append(parts, needed(e.Left)...)
	case *syntax.LabelReplaceExpr:
		parts = append(parts, needed(e.Left)...)
	case *syntax.BinOpExpr:
		if e.Op != syntax.OpTypeOr {
			parts = append(parts, needed(e.SampleExpr)...)
			if e.Op != syntax.OpTypeUnless {
				parts = append(parts, needed(e.RHS)...)
			}
		}
	}
	return parts
}
