package rules

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// meantExpressions returns what an expression that does not parse may mean, by the slips that are known; each parses. d is the dialect that it
// looks like.
func meantExpressions(d expr.Dialect, text string) []string {
	if len(text) > longestMended {
		return nil
	}
	if meant := meantIn(d, text); meant != nil {
		return meant
	}
	for _, other := range expr.Dialects() {
		if meant := meantIn(other, text); meant != nil {
			return meant
		}
	}
	return nil
}

// IsExpression reports whether a text is an expression of any dialect.
func IsExpression(text string) bool {
	return slices.ContainsFunc(expr.Dialects(), func(d expr.Dialect) bool {
		_, err := d.Canonical(text)
		return err == nil
	})
}

// parsing returns an expression as it is where it parses, else the one that it means, if that is certain.
func parsing(text string) string {
	if meant := meantExpressions(expr.PromQL, text); len(meant) == 1 && !IsExpression(text) {
		return meant[0]
	}
	return text
}

// What bounds the work: a longer expression is not mended, no more readings of one are followed, and no more are parsed in each dialect.
const (
	longestMended = 3000
	mostReadings  = 8
	mostParsed    = 24
)

// meantIn mends one slip after the other, until the expression parses in d. A slip that can be mended in several ways makes several readings.
func meantIn(d expr.Dialect, text string) []string {
	readings := []string{strings.TrimSpace(unescaped(text))}
	tried := map[string]bool{text: true}
	for _, mend := range mends {
		var next, parse []string
		for _, reading := range readings {
			next = append(next, mend(reading)...)
		}
		readings = next[:min(len(next), mostReadings)]
		for _, reading := range readings {
			if tried[reading] || len(tried) > mostParsed {
				continue
			}
			tried[reading] = true
			if _, err := d.Canonical(reading); err == nil {
				parse = append(parse, reading)
			}
		}
		if parse != nil {
			return parse
		}
	}
	return nil
}

// unescaped returns an expression that was copied out of an address bar or a Markdown editor as it was before.
func unescaped(text string) string {
	if encoded.MatchString(text) {
		if plain, err := url.PathUnescape(text); err == nil {
			text = plain
		}
	}
	return spellings(text)[3]
}

// encoded is a sign that a link escapes and that stands in every expression.
var encoded = regexp.MustCompile(`(?i)%(?:20|22|28|3d|3e|7b)`)

// mends are the slips that are known, each with what it returns for an expression: the readings that mend it, or the expression as it is. An
// expression goes through them in this order.
var mends = []func(string) []string{
	openString, codeOnly(matchersOnly), codeOnly(brackets), codeOnly(operators), codeOnly(names), codeOnly(ranges), codeOnly(percentages),
	codeOnly(sizes), codeOnly(parentheses), codeOnly(missingRange), logQuery,
}

// only returns one reading.
func only(text string) []string { return []string{text} }

// firstHidden is the first of the characters that stand for the strings of an expression while the rest of it is mended. They are private:
// no expression has them.
const firstHidden, lastHidden = '\ue000', '\uf8ff'

var stringLiteral = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*'|`[^`]*`")

// codeOnly makes a mend that leaves the strings of an expression as they are. It sees one character of its own in the place of each.
func codeOnly(mend func(code string, literals []string) []string) func(string) []string {
	return func(text string) []string {
		literals := stringLiteral.FindAllString(text, -1)
		if len(literals) > int(lastHidden-firstHidden) || strings.ContainsFunc(text, isHidden) {
			return only(text)
		}
		n := -1
		code := stringLiteral.ReplaceAllStringFunc(text, func(string) string {
			n++
			return string(firstHidden + rune(n))
		})
		readings := mend(code, literals)
		for i, reading := range readings {
			var b strings.Builder
			for _, r := range reading {
				if isHidden(r) {
					b.WriteString(literals[r-firstHidden])
				} else {
					b.WriteRune(r)
				}
			}
			readings[i] = b.String()
		}
		return readings
	}
}

func isHidden(r rune) bool { return r >= firstHidden && r <= lastHidden }

// logQuery counts the lines of a query that only selects them.
func logQuery(text string) []string {
	if isLogQuery(text, expr.LogQL) {
		return only("count_over_time(" + text + " [5m]) > 0")
	}
	return only(text)
}

// withFix returns the error with a fix, if that would do.
func withFix(err error, fix string, does func(string) bool) error {
	if e, ok := errors.AsType[*Error](err); ok && does(fix) {
		e.Fixes = []string{fix}
	}
	return err
}
