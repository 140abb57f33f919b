package expr

import (
	"errors"
	"fmt"
	"strings"

	"regexp/syntax"
)

// scanRegexp counts what a regular expression alone asks of its parser.
func scanRegexp(pattern string) effort {
	var asked effort
	asked.regexp(pattern)
	return asked
}

// regexpError says what is wrong with a regular expression, and where its wrong part stands.
func regexpError(err error, pattern string) error {
	var reason *syntax.Error
	if !errors.As(err, &reason) {
		return inField("pattern", err)
	}
	return &SyntaxError{Field: "pattern", Offset: strings.Index(pattern, reason.Expr),
		Text: fmt.Sprintf("this is no regular expression (RE2): %s: %q", reason.Code, reason.Expr)}
}
