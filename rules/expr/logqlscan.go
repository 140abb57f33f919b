package expr

import (
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/util/strutil"
)

// scanLogQL walks over the tokens of Loki's own scanner as Loki's lexer does, without its recursion over comments and its reading
// ahead.
func scanLogQL(expression string) effort {
	var asked effort
	var scanner syntax.Scanner
	scanner.Init(strings.NewReader(expression))
	scanner.Error = func(*syntax.Scanner, string) {}
	for before := rune(0); ; asked.tokens++ {
		token := scanner.Scan()
		switch token {
		case syntax.EOF:
			return asked
		case '#':
			asked.comments++
			skipTo(&scanner, '\n')
		case '[':
			skipTo(&scanner, ']')
		case '(', '{':
			asked.open()
		case ')', '}':
			asked.close()
		case syntax.String, syntax.RawString:
			if text, err := strutil.Unquote(scanner.TokenText()); err == nil && before != '=' {
				asked.regexp(text)
			}
		case syntax.Int, syntax.Float, '-':
			asked.copies++
		case syntax.Ident:
			if isLokiFunction(scanner.TokenText()) {
				asked.copies++
				rest := expression[min(scanner.Pos().Offset, len(expression)):]
				asked.lookahead += lookahead(rest)
			}
		}
		before = token
	}
}

// skipTo reads through the next end.
func skipTo(scanner *syntax.Scanner, end rune) {
	for r := scanner.Next(); r != end && r != syntax.EOF; r = scanner.Next() {
	}
}

// lookahead returns what Loki's lexer spends to find out whether a function's name is called as a function: nothing when a
// bracket or a grouping follows, else it builds up all the rest, and compares it at each character.
func lookahead(rest string) int {
	next := strings.ToLower(strings.TrimSpace(rest[:min(len(rest), 1000)]))
	for _, call := range []string{"(", "by", "without"} {
		if strings.HasPrefix(next, call) {
			return 0
		}
	}
	return len(rest) * len(rest)
}

// isLokiFunction tells whether Loki's lexer reads ahead after a name.
func isLokiFunction(name string) bool { return slices.Contains(lokiFunctions, strings.ToLower(name)) }

// lokiFunctions are the names in functionTokens of Loki's lexer.
var lokiFunctions = []string{
	syntax.OpRangeTypeRate, syntax.OpRangeTypeRateCounter, syntax.OpRangeTypeCount, syntax.OpRangeTypeBytesRate, syntax.OpRangeTypeBytes,
	syntax.OpRangeTypeAvg, syntax.OpRangeTypeSum, syntax.OpRangeTypeMin, syntax.OpRangeTypeMax, syntax.OpRangeTypeStdvar,
	syntax.OpRangeTypeStddev, syntax.OpRangeTypeQuantile, syntax.OpRangeTypeFirst, syntax.OpRangeTypeLast, syntax.OpRangeTypeAbsent,
	syntax.OpTypeVector, syntax.OpTypeSum, syntax.OpTypeAvg, syntax.OpTypeMax, syntax.OpTypeMin, syntax.OpTypeCount,
	syntax.OpTypeStddev, syntax.OpTypeStdvar, syntax.OpTypeBottomK, syntax.OpTypeTopK, syntax.OpTypeSort, syntax.OpTypeSortDesc,
	syntax.OpLabelReplace, syntax.OpTypeApproxTopK, syntax.OpConvBytes, syntax.OpConvDuration, syntax.OpConvDurationSeconds,
	syntax.OpFilterIP,
}
