package expr

import (
	"regexp"
	"strconv"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

// lastNumber is a comparison with a number at the end of an expression.
var lastNumber = regexp.MustCompile(`(?s)^(.*(?:[<>]=?|[=!]=)\s*(?:bool\s+)?)(-?[0-9][0-9._eE+]*|-?\.[0-9]+)(\s*)$`)

// WithThreshold returns a LogQL expression that ends in a comparison with a number, with another number there and every other byte as it was.
// Errors are *SyntaxError: it is no such expression.
func WithThreshold(expression string, threshold float64) (string, error) {
	counted, _, err := comparison(expression)
	if err != nil {
		return "", err
	}
	m := lastNumber.FindStringSubmatch(expression)
	if m == nil {
		return "", noThreshold
	}
	changed := m[1] + strconv.FormatFloat(threshold, 'f', -1, 64) + m[3]
	if again, number, err := comparison(changed); err != nil || again != counted || number != threshold {
		return "", noThreshold
	}
	return changed, nil
}

// noThreshold is the error about an expression that compares nothing with a number at its end.
var noThreshold = &SyntaxError{Offset: -1, Text: "it does not end in a comparison with a number"}

// comparison returns what an expression compares, printed with the comparison, and the number that it compares it with.
func comparison(expression string) (compared string, number float64, err error) {
	parsed, err := ParseLogQL(expression)
	if err != nil {
		return "", 0, err
	}
	operation, ok := parsed.(*syntax.BinOpExpr)
	if !ok || !syntax.IsComparisonOperator(operation.Op) {
		return "", 0, noThreshold
	}
	literal, ok := operation.RHS.(*syntax.LiteralExpr)
	if !ok {
		return "", 0, noThreshold
	}
	if number, err = literal.Value(); err != nil {
		return "", 0, noThreshold
	}
	return operation.SampleExpr.String() + " " + operation.Op, number, nil
}
