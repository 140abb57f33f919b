package expr

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/promql/parser"
)

// Shape returns what an expression consists of, without the values in it: its operators, functions, aggregations, filters and parsers and
// how they are nested, but no text, number, duration, matcher, and no name of a label or metric. Two expressions of one shape differ in
// values alone. Errors are *SyntaxError.
func (d Dialect) Shape(expression string) (string, error) {
	if d == LogQL {
		parsed, err := ParseLogQL(expression)
		if err != nil {
			return "", err
		}
		return logShape(parsed), nil
	}
	parsed, err := ParsePromQL(expression)
	if err != nil {
		return "", err
	}
	return promShape(parsed), nil
}

func promShape(node parser.Node) string {
	var kind string
	switch n := node.(type) {
	case *parser.AggregateExpr:
		kind = fmt.Sprint(n.Op, " without ", n.Without)
	case *parser.BinaryExpr:
		kind = fmt.Sprint(n.Op, " bool ", n.ReturnBool)
		if m := n.VectorMatching; m != nil {
			kind += fmt.Sprint(" ", m.Card, " on ", m.On)
		}
	case *parser.Call:
		kind = n.Func.Name
	case *parser.UnaryExpr:
		kind = n.Op.String()
	case *parser.VectorSelector:
		kind = fmt.Sprint("selector offset ", n.OriginalOffset != 0, " at ", n.Timestamp != nil, n.StartOrEnd)
	case *parser.SubqueryExpr:
		kind = fmt.Sprint("subquery offset ", n.OriginalOffset != 0, " at ", n.Timestamp != nil, n.StartOrEnd, " step ", n.Step != 0)
	default: // without children, or with nothing to tell but them
		kind = fmt.Sprintf("%T", n)
	}
	var children []string
	for child := range parser.ChildrenIter(node) {
		children = append(children, promShape(child))
	}
	return nested(kind, children)
}

// shapelessValue is a text, number or duration in a LogQL label filter as Loki prints it.
var shapelessValue = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|-?[0-9][0-9a-zµ.]*")

func logShape(node syntax.Expr) string {
	kind := fmt.Sprintf("%T", node)
	switch n := node.(type) {
	case *syntax.BinOpExpr:
		kind = n.Op
		if o := n.Opts; o != nil {
			kind += fmt.Sprint(" bool ", o.ReturnBool)
			if m := o.VectorMatching; m != nil {
				kind += fmt.Sprint(" ", m.Card, " on ", m.On)
			}
		}
	case *syntax.VectorAggregationExpr:
		kind = fmt.Sprint(n.Operation, " without ", n.Grouping != nil && n.Grouping.Without)
	case *syntax.RangeAggregationExpr:
		kind = n.Operation
	case *syntax.LogRangeExpr:
		kind = fmt.Sprint("range offset ", n.Offset != 0, " unwrap ", n.Unwrap != nil)
	case *syntax.LineFilterExpr:
		kind = fmt.Sprint("filter ", n.Ty, n.Op, n.IsOrChild)
	case *syntax.LineParserExpr:
		kind = n.Op
	case *syntax.LabelFilterExpr:
		kind = "label filter " + shapelessValue.ReplaceAllString(n.LabelFilterer.String(), "")
	}
	var children []string
	node.Walk(func(child syntax.Expr) bool {
		if child == node {
			return true
		}
		children = append(children, logShape(child))
		return false
	})
	return nested(kind, children)
}

func nested(kind string, children []string) string {
	return kind + "(" + strings.Join(children, ", ") + ")"
}
