package expr

import (
	"errors"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/strutil"
)

// promQL takes what a Prometheus 3.15 without feature flags takes: cmd/prometheus switches duration expressions on by
// itself, and validates names as UTF-8.
var promQL = language{
	dialect:   PromQL,
	canonical: func(expression string) (string, error) { return guarded(expression, scanPromQL, printPromQL) },
	parse: func(expression string) error {
		_, err := ParsePromQL(expression)
		return err
	},
	names: model.UTF8Validation,
	check: func(*file) []Problem { return nil },
}

// promQLParser is safe for concurrent use: it makes a fresh parser for each expression.
var promQLParser = parser.NewParser(parser.Options{ExperimentalDurationExpr: true})

// scanPromQL uses the parser's own lexer, so that both see the same tokens.
func scanPromQL(expression string) effort {
	var asked effort
	var item parser.Item
	for lexer := parser.Lex(expression); ; asked.tokens++ {
		before := item.Typ
		lexer.NextItem(&item)
		switch item.Typ {
		case parser.EOF, parser.ERROR:
			return asked
		case parser.LEFT_PAREN, parser.LEFT_BRACE, parser.LEFT_BRACKET:
			asked.open()
		case parser.RIGHT_PAREN, parser.RIGHT_BRACE, parser.RIGHT_BRACKET:
			asked.close()
		case parser.STRING:
			if text, err := strutil.Unquote(item.Val); err == nil && before != parser.EQL && before != parser.NEQ {
				asked.regexp(text)
			}
		}
	}
}

func parsePromQL(expression string) (parser.Expr, error) {
	parsed, err := promQLParser.ParseExpr(expression)
	if err != nil {
		return nil, promQLError(err, expression)
	}
	return parsed, nil
}

// printPromQL returns the canonical form.
func printPromQL(expression string) (string, error) {
	parsed, err := parsePromQL(expression)
	if err != nil {
		return "", err
	}
	return parsed.String(), nil
}

// promQLError takes the first of the parser's errors: the others mostly follow from it.
func promQLError(err error, expression string) *SyntaxError {
	var all parser.ParseErrors
	if !errors.As(err, &all) || len(all) == 0 {
		return &SyntaxError{Offset: -1, Text: err.Error()}
	}
	offset := int(all[0].PositionRange.Start)
	if offset < 0 || offset > len(expression) {
		offset = -1
	}
	return &SyntaxError{Offset: offset, Text: all[0].Err.Error()}
}
