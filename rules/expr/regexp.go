package expr

import (
	"errors"
	"fmt"
	"strings"

	"regexp/syntax"
)

// regexpError says what is wrong with a regular expression, and where its wrong part stands.
func regexpError(err error, pattern string) *SyntaxError {
	failed := &SyntaxError{Field: "pattern", Offset: -1, Text: err.Error()}
	var reason *syntax.Error
	if errors.As(err, &reason) {
		failed.Offset = strings.Index(pattern, reason.Expr)
		failed.Text = fmt.Sprintf("this is no regular expression (RE2): %s: %q", reason.Code, reason.Expr)
	}
	return failed
}
