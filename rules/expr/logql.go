package expr

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
)

// logQL takes what Loki's ruler takes and can evaluate. The ruler validates names by the legacy scheme.
var logQL = language{
	dialect:   LogQL,
	canonical: func(expression string) (string, error) { return guarded(expression, scanLogQL, parseLogQL) },
	parse: func(expression string) error {
		_, err := guarded(expression, scanLogQL, parseLogQL) // it prints, as it must look at the tree before and after
		return err
	},
	names: model.LegacyValidation,
	check: checkLokiFile,
}

// parseLogQL returns the canonical form of a sample expression.
func parseLogQL(expression string) (string, error) {
	parsed, err := parseLogTree(expression)
	if err != nil {
		return "", err
	}
	printed := parsed.String() // before checkStages: building a pipeline rearranges the tree
	if err := checkStages(parsed, expression); err != nil {
		return "", err
	}
	return printed, nil
}

// parseLogTree returns a sample expression whose stream selectors streams can match.
func parseLogTree(expression string) (syntax.SampleExpr, error) {
	parsed, err := syntax.ParseExpr(expression)
	if err != nil {
		return nil, logQLError(err, expression)
	}
	sample, ok := parsed.(syntax.SampleExpr)
	if !ok {
		return nil, &SyntaxError{Offset: 0, Text: "this selects log lines and counts nothing, so Loki could not evaluate it as a rule; " +
			"count the lines, as in: count_over_time(" + quoteShort(expression) + " [5m]) > 0"}
	}
	return sample, checkNames(parsed, expression)
}

// checkNames refuses labels in stream selectors that no stream can have. Loki takes {é="x"}, matches nothing with it, and prints it
// in a form that it cannot read.
func checkNames(parsed syntax.Expr, expression string) error {
	var first error
	parsed.Walk(func(e syntax.Expr) bool {
		if selector, ok := e.(*syntax.MatchersExpr); ok && first == nil {
			first = checkLabelNames(selector.Mts, expression)
		}
		return true
	})
	return first
}

// checkStages builds what the ruler builds at each evaluation: Loki loads a rule with `|~ "("`, and then fails to evaluate it.
func checkStages(parsed syntax.Expr, expression string) error {
	var first error
	parsed.Walk(func(e syntax.Expr) bool {
		var err error
		switch e := e.(type) {
		case *syntax.RangeAggregationExpr:
			_, err = e.Extractors()
		case *syntax.MultiVariantExpr:
			_, err = e.Extractors()
		}
		if err != nil && first == nil {
			first = logQLError(err, expression)
		}
		return true
	})
	return first
}

// quoteShort returns a log query as an example repeats it: whole when it is short, else "{…}".
func quoteShort(query string) string {
	query = strings.TrimSpace(query)
	if len(query) > 200 || strings.ContainsAny(query, "\n\r") {
		return "{…}"
	}
	return query
}

// How Loki's ParseError begins; its fields are not exported.
var (
	lokiPosition = regexp.MustCompile(`^parse error (?:at line (\d+), col (\d+)|): `)
	lokiStage    = regexp.MustCompile(`^stage '(.*?)' : `)
)

func logQLError(err error, expression string) *SyntaxError {
	text, offset := err.Error(), -1
	if m := lokiPosition.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		offset = offsetOf(expression, line, column)
	}
	if m := lokiStage.FindStringSubmatch(text); m != nil {
		offset = strings.Index(expression, m[1])
	}
	return &SyntaxError{Offset: offset, Text: text}
}

// offsetOf returns the byte offset of a line and a column of characters, both from 1; -1 when the text has no such place.
func offsetOf(text string, line, column int) int {
	if line < 1 || column < 1 {
		return -1
	}
	offset := 0
	for ; line > 1; line-- {
		end := strings.IndexByte(text[offset:], '\n')
		if end < 0 {
			return -1
		}
		offset += end + 1
	}
	for ; column > 1 && offset < len(text); column-- {
		_, size := utf8.DecodeRuneInString(text[offset:])
		offset += size
	}
	return offset
}
