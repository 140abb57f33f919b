package expr

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// Read is one selector of an expression: the series or log streams that it is evaluated over.
type Read struct {
	Selector string    // in braces, as the ruler's API takes it: {__name__="up", job="node"}
	Metric   string    // the name that PromQL asks for; "" where it asks for none, or for several
	Matchers []Matcher // without that of the name
	Function string    // the PromQL function over its range: "rate"; "" for none
	Window   time.Duration
	Absent   bool // what is asked is whether there is nothing
	Text     string
}

// Matcher is one condition on a label.
type Matcher struct {
	Name, Op, Value string // Op is = != =~ !~
}

// Reads returns what an expression reads, each selector once, in their order. Errors are *SyntaxError.
func (d Dialect) Reads(expression string) ([]Read, error) {
	if d == LogQL {
		parsed, err := ParseLogQL(expression)
		if err != nil {
			return nil, err
		}
		return logReads(parsed), nil
	}
	parsed, err := ParsePromQL(expression)
	if err != nil {
		return nil, err
	}
	return promReads(parsed, expression), nil
}

func promReads(parsed parser.Expr, expression string) []Read {
	var reads []Read
	parser.Inspect(parsed, func(node parser.Node, path []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		r := Read{Selector: syntax.MatchersString(selector.LabelMatchers), Metric: selector.Name, Text: selector.String()}
		if at := selector.PosRange; at.Start >= 0 && at.Start < at.End && int(at.End) <= len(expression) {
			r.Text = expression[at.Start:at.End]
		}
		for _, m := range selector.LabelMatchers {
			switch {
			case m.Name != model.MetricNameLabel:
				r.Matchers = append(r.Matchers, Matcher{m.Name, m.Type.String(), m.Value})
			case m.Type == labels.MatchEqual:
				r.Metric = m.Value
			}
		}
		for i, outer := range slices.Backward(path) {
			switch outer := outer.(type) {
			case *parser.MatrixSelector:
				r.Window = outer.Range
			case *parser.Call:
				r.Absent = r.Absent || strings.HasPrefix(outer.Func.Name, "absent")
				if r.Window > 0 && i == len(path)-2 {
					r.Function = outer.Func.Name
				}
			}
		}
		reads = once(reads, r)
		return nil
	})
	return reads
}

func logReads(parsed syntax.Expr) []Read {
	var reads []Read
	absent := false
	parsed.Walk(func(e syntax.Expr) bool {
		switch e := e.(type) {
		case *syntax.RangeAggregationExpr:
			absent = e.Operation == syntax.OpRangeTypeAbsent
		case *syntax.LogRangeExpr:
			r := Read{Selector: syntax.MatchersString(e.Left.Matchers()), Window: e.Interval, Absent: absent}
			r.Text = r.Selector
			for _, m := range e.Left.Matchers() {
				r.Matchers = append(r.Matchers, Matcher{m.Name, m.Type.String(), m.Value})
			}
			reads = once(reads, r)
		}
		return true
	})
	return reads
}

// once adds a selector that is not among those before it in the same use.
func once(reads []Read, r Read) []Read {
	if slices.ContainsFunc(reads, func(other Read) bool {
		return other.Selector == r.Selector && other.Function == r.Function && other.Window == r.Window && other.Absent == r.Absent
	}) {
		return reads
	}
	return append(reads, r)
}
