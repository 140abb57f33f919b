// Package expr knows the two languages that rules are written in. Nobody else gives a text to the heavy parsers
// (Prometheus's and Loki's own), and it imports nothing of ours.
package expr

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
)

// Dialect is the language of a ruler's expressions.
type Dialect string

// The dialects.
const (
	PromQL Dialect = "promql" // Prometheus, by its own parser (v0.315.0)
	LogQL  Dialect = "logql"  // Loki, by its own parser (v3.7.8)
)

// MaxExpression is the longest expression that a person may type, and MaxAdopted the longest in a file that exists already,
// in bytes: the PromQL parser is quadratic in nesting. MaxFile is the largest rule file.
const (
	MaxExpression = 8 << 10
	MaxAdopted    = 64 << 10
	MaxFile       = 4 << 20
)

// language is what a dialect consists of.
type language struct {
	dialect Dialect
	// canonical is Dialect.Canonical.
	canonical func(expression string) (string, error)
	// parse is canonical without printing.
	parse func(expression string) error
	// names says which label and metric names the ruler takes in a rule file.
	names model.ValidationScheme
	// check returns what the ruler refuses or drops of a rule file beyond what rulefmt finds.
	check func(file *file) []Problem
}

// languages are the dialects, one file each.
var languages = []language{promQL, logQL}

// Dialects returns every dialect, in a fixed order.
func Dialects() []Dialect {
	var all []Dialect
	for _, l := range languages {
		all = append(all, l.dialect)
	}
	return all
}

func (d Dialect) language() (language, bool) {
	for _, l := range languages {
		if l.dialect == d {
			return l, true
		}
	}
	return language{}, false
}

// SyntaxError says where and why an expression, or a part of a LogCount, does not parse.
type SyntaxError struct {
	// Field names the part of a LogCount that is wrong, as the chat calls it: "label", "pattern", "time", "threshold".
	// It is empty when an expression does not parse.
	Field  string
	Offset int    // in bytes from the start of the expression or part; -1 when the parser does not tell
	Text   string // the parser's reason, without its position
}

// Error returns the reason.
func (e *SyntaxError) Error() string { return e.Text }

// Canonical parses an expression and returns it as its ruler prints it in /api/v1/rules. For LogQL it must be a sample
// expression. Errors are *SyntaxError.
func (d Dialect) Canonical(expression string) (string, error) {
	l, ok := d.language()
	if !ok {
		return "", &SyntaxError{Offset: -1, Text: fmt.Sprintf("there is no dialect %q", d)}
	}
	return l.canonical(expression)
}

// guarded calls parse with a text that cannot overwhelm it, and turns its panics into errors. All errors are *SyntaxError. Every text from
// outside goes through it, with the scanner of its language, before it reaches a parser.
func guarded[T any](text string, scan func(string) effort, parse func(string) (T, error)) (parsed T, err error) {
	if err := checkText(text, MaxAdopted); err != nil {
		return parsed, err
	}
	asked := scan(text)
	if err := asked.check(); err != nil {
		return parsed, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = &SyntaxError{Offset: -1, Text: fmt.Sprintf("the parser broke on it: %v", r)}
		}
	}()
	return parse(text)
}

// checkText refuses a text that is longer than limit bytes, is not UTF-8, or holds a NUL.
func checkText(text string, limit int) *SyntaxError {
	if len(text) > limit {
		return &SyntaxError{Offset: limit, Text: fmt.Sprintf("it is %d bytes long; at most %d are allowed", len(text), limit)}
	}
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size == 1 {
				return &SyntaxError{Offset: i, Text: "it is not valid UTF-8"}
			}
		}
	}
	if i := strings.IndexByte(text, 0); i >= 0 {
		return &SyntaxError{Offset: i, Text: "it contains a NUL character"}
	}
	return nil
}
