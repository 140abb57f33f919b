package lint

import (
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/grafana/loki/v3/pkg/logqlmodel"
	"github.com/prometheus/prometheus/model/labels"
)

// failure is an error that a stage leaves at a line which it cannot read: the evaluation fails when the line is counted all the same. What
// fails, and which labels are there by then, is Loki 3.7.8's: pkg/logql/log/parser.go, label_filter.go.
type failure struct {
	stage string   // for a person
	lacks []string // labels of which such a line lacks at least one; none: it may have whatever is asked for
	bare  bool     // such a line has no label of the stage
}

// unhandled returns the stage that leaves its errors to the evaluation; "" when there is none.
func unhandled(root syntax.Expr, r *syntax.LogRangeExpr) string {
	names, stops := wanted(root, r)
	if stops && len(names) == 0 {
		return "" // Loki does not run the parsers
	}
	var left []failure
	parsed := false
	for _, stage := range stages(r) {
		switch stage := stage.(type) {
		case *syntax.LabelFilterExpr:
			left = pastFilter(left, stage.LabelFilterer, r)
		case *syntax.DropLabelsExpr:
			if set(stage.Names()...)[logqlmodel.ErrorLabel] {
				left = nil
			}
		case *syntax.LabelFmtExpr:
			left = pastFormat(left)
		default:
			if failed, can := failureOf(stage, names); can {
				if parsed { // the label that is asked for may be another parser's
					failed.lacks, failed.bare = nil, false
				}
				left = append(left, failed)
			}
		}
		parsed = parsed || parses(stage)
	}
	if r.Unwrap != nil { // a line without the label is passed over, with whatever error it has
		left = append(left, failure{stage: "| unwrap " + r.Unwrap.Identifier})
		for _, filter := range r.Unwrap.PostFilters {
			left = pastFilter(left, filter, r)
		}
	}
	if len(left) == 0 {
		return ""
	}
	return left[len(left)-1].stage
}

// failureOf returns how a parser fails, and whether it can. One that stops at the labels wanted has not found all of them when it fails; the
// labels before the place at which a line was cut are there.
func failureOf(stage syntax.StageExpr, wanted []string) (f failure, can bool) {
	switch stage := stage.(type) {
	case *syntax.LineParserExpr:
		switch stage.Op {
		case syntax.OpParserTypeJSON:
			return failure{stage: "| json", lacks: wanted}, true
		case syntax.OpParserTypeUnpack:
			return failure{stage: "| unpack", bare: true}, true
		}
	case *syntax.JSONExpressionParserExpr: // it fails at a value that it was to take
		f = failure{stage: "| json"}
		for _, e := range stage.Expressions {
			f.lacks = append(f.lacks, e.Identifier)
		}
		return f, true
	case *syntax.LogfmtParserExpr: // without --strict it passes over what it cannot read
		return failure{stage: "| logfmt --strict", lacks: wanted}, stage.Strict
	case *syntax.LogfmtExpressionParserExpr:
		return failure{stage: "| logfmt --strict", lacks: wanted}, stage.Strict
	}
	return failure{}, false
}

// pastFilter returns which failures get past a label filter: not those of lines that lack a label which it asks for.
func pastFilter(left []failure, filter log.LabelFilterer, r *syntax.LogRangeExpr) []failure {
	if both, ok := filter.(*log.BinaryLabelFilter); ok {
		past := pastFilter(left, both.Left, r)
		if both.And {
			return pastFilter(past, both.Right, r)
		}
		return pastEither(past, pastFilter(left, both.Right, r))
	}
	m := textMatcher(filter)
	if m == nil { // it compares numbers, and passes over a line without the label
		return append(slices.Clip(pastDemand(left, filter.RequiredLabelNames()[0], r)), failure{stage: filter.String()})
	}
	switch {
	case m.Name == logqlmodel.ErrorLabel:
		return nil
	case m.Matches(""), m.Type != labels.MatchEqual && m.Type != labels.MatchRegexp:
		return left
	}
	return pastDemand(left, m.Name, r)
}

// maxFailures is how many failures are told apart after an or: each may double them.
const maxFailures = 200

// pastEither returns the failures that are among one or the other. Of too many it makes one that only a filter of __error__ takes out: at worst there
// is a warning too many, and an evaluation that fails is never passed over.
func pastEither(one, other []failure) (all []failure) {
	for _, f := range one {
		same := func(g failure) bool { return f.stage == g.stage && f.bare == g.bare && slices.Equal(f.lacks, g.lacks) }
		if !slices.ContainsFunc(other, same) {
			all = append(all, f)
		}
	}
	all = append(all, other...)
	if len(all) > maxFailures {
		return []failure{{stage: all[len(all)-1].stage}}
	}
	return all
}

// pastDemand returns which failures are left where a line has a label.
func pastDemand(left []failure, name string, r *syntax.LogRangeExpr) (past []failure) {
	if streamHas(r, name) {
		return left
	}
	for _, f := range left {
		without := slices.DeleteFunc(slices.Clone(f.lacks), func(lacked string) bool { return lacked == name })
		if f.bare || len(f.lacks) > 0 && len(without) == 0 {
			continue
		}
		f.lacks = without
		past = append(past, f)
	}
	return past
}

// pastFormat returns the failures after a label_format, which may give a line the labels that it lacks.
func pastFormat(left []failure) (past []failure) {
	for _, f := range left {
		past = append(past, failure{stage: f.stage})
	}
	return past
}

// streamHas reports whether the streams of a range have a label for sure.
func streamHas(r *syntax.LogRangeExpr, name string) bool {
	for _, m := range r.Left.Matchers() {
		if m.Name == name && !m.Matches("") {
			return true
		}
	}
	return false
}

// wanted returns the labels that are asked for of a line, at which Loki's parsers stop when they have them all; it stops is false where they
// read each line to its end. Without any the parsers do not run: sum(count_over_time(… | json [5m])). (Loki 3.7.8: pkg/logql/syntax/extractor.go,
// pkg/logql/log/parser_hints.go.)
func wanted(root syntax.Expr, r *syntax.LogRangeExpr) (names []string, stops bool) {
	grouping, none := groupingOf(root, r)
	if !none && (grouping == nil || grouping.Without || len(grouping.Groups) == 0) {
		return nil, false
	}
	if !none {
		names = slices.Clone(grouping.Groups)
	}
	parsers := 0
	for _, stage := range stages(r) {
		filter, isFilter := stage.(*syntax.LabelFilterExpr)
		_, isLine := stage.(*syntax.LineFilterExpr)
		switch {
		case isFilter:
			names = append(names, filter.RequiredLabelNames()...)
		case parses(stage):
			parsers++
		case !isLine:
			return nil, false
		}
	}
	if r.Unwrap != nil {
		names = append(names, r.Unwrap.Identifier)
		for _, filter := range r.Unwrap.PostFilters {
			names = append(names, filter.RequiredLabelNames()...)
		}
	}
	renamed := slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, "_extracted") })
	if renamed || parsers > 1 && len(names) > 0 {
		return nil, false
	}
	return names, true
}

// groupingOf returns by which labels Loki groups the lines of a range while it reads them; none where no label is left.
func groupingOf(root syntax.Expr, r *syntax.LogRangeExpr) (grouping *syntax.Grouping, none bool) {
	for _, e := range nodesOf[*syntax.RangeAggregationExpr](root) {
		if e.Left == r {
			grouping, none = e.Grouping, e.Operation == syntax.OpRangeTypeAbsent
		}
	}
	for _, e := range nodesOf[*syntax.VectorAggregationExpr](root) {
		of, ok := e.Left.(*syntax.RangeAggregationExpr)
		if ok && of.Left == r && of.Grouping == nil && e.Operation == syntax.OpTypeSum && addsUp(of.Operation) {
			grouping = e.Grouping
		}
	}
	return grouping, none || grouping != nil && grouping.Singleton()
}

// addsUp reports whether sum of a range function may be taken line by line.
func addsUp(operation string) bool {
	switch operation {
	case syntax.OpRangeTypeBytes, syntax.OpRangeTypeBytesRate, syntax.OpRangeTypeSum, syntax.OpRangeTypeRate, syntax.OpRangeTypeCount:
		return true
	default:
		return false
	}
}
