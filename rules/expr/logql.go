package expr

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
)

// logQL takes what Loki's ruler takes and can evaluate. The ruler validates names by the legacy scheme.
var logQL = language{
	dialect: LogQL,
	scan:    scanLogQL,
	parse:   parseLogQL,
	names:   model.LegacyValidation,
	check:   checkLokiFile,
}

func parseLogQL(expression string) (fmt.Stringer, error) {
	parsed, err := parseLoki(expression)
	if err != nil {
		return nil, err
	}
	sample, ok := parsed.(syntax.SampleExpr)
	if !ok {
		return nil, &SyntaxError{Offset: 0, Text: "this selects log lines and counts nothing, so Loki could not evaluate it as a rule; " +
			"count the lines, as in: count_over_time(" + quoteShort(expression) + " [5m]) > 0"}
	}
	return sample, nil
}

// parseLoki parses any LogQL.
func parseLoki(expression string) (syntax.Expr, error) {
	parsed, err := syntax.ParseExpr(expression)
	if err != nil {
		return nil, logQLError(err, expression)
	}
	if parsed == nil { // Loki's parser recovers from its own panics, and forgets those that are no errors
		return nil, &SyntaxError{Offset: -1, Text: "the parser broke on it"}
	}
	return parsed, nil
}

// quoteShort returns a log query as an example repeats it: whole when it is short, else "{…}".
func quoteShort(query string) string {
	query = strings.TrimSpace(query)
	if len(query) > 200 || strings.ContainsAny(query, "\n\r") {
		return "{…}"
	}
	return query
}

// lokiPosition is how Loki's ParseError begins; its fields are not exported.
var lokiPosition = regexp.MustCompile(`^parse error (?:at line (\d+), col (\d+)|): `)

func logQLError(err error, expression string) *SyntaxError {
	text, offset := err.Error(), -1
	if m := lokiPosition.FindStringSubmatch(text); m != nil {
		text = text[len(m[0]):]
		line, _ := strconv.Atoi(m[1])
		column, _ := strconv.Atoi(m[2])
		offset = offsetOf(expression, line, column)
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
