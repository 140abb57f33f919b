package expr

import (
	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/promql/parser"
)

// ParsePromQL returns the tree of a PromQL expression, as Canonical parses it and within the same limits. Errors are *SyntaxError.
func ParsePromQL(expression string) (parser.Expr, error) {
	return guarded(expression, scanPromQL, parsePromQL)
}

// ParseLogQL returns the tree of a LogQL sample expression, as Canonical parses it and within the same limits. Its pipelines are not built:
// that would rearrange the tree, and what they would refuse is Canonical's to tell. Errors are *SyntaxError.
func ParseLogQL(expression string) (syntax.SampleExpr, error) {
	return guarded(expression, scanLogQL, parseLogTree)
}
