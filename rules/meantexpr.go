package rules

import (
	"errors"
	"regexp"
	"strings"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// bareMatcher is a label matcher whose value lacks its quotes.
var bareMatcher = regexp.MustCompile(`([{,]\s*\w+\s*(?:=~|!~|!=|=)\s*)([^\s"'` + "`" + `=~!{},()]+)(\s*[,}])`)

// quotedMatchers returns an expression or a selector with quotes around the values of label matchers: {job="sshd"} for {job=sshd}.
func quotedMatchers(text string) string {
	for range 10 { // two neighbours share their comma, so that one pass takes every second
		next := bareMatcher.ReplaceAllString(text, `$1"$2"$3`)
		if next == text {
			break
		}
		text = next
	}
	return text
}

// singleEquals is an = that stands between a value and a number, where the languages compare with ==.
var singleEquals = regexp.MustCompile(`([^=!<>~\s])\s*=\s*(-?[0-9.]+)`)

// meantExpressions returns what an expression that does not parse may mean; each parses.
func meantExpressions(d expr.Dialect, text string) []string {
	if isLogQuery(text, d) {
		return []string{"count_over_time(" + strings.TrimSpace(text) + " [5m]) > 0"}
	}
	quoted := quotedMatchers(text)
	for _, meant := range []string{quoted, singleEquals.ReplaceAllString(text, "$1 == $2"), singleEquals.ReplaceAllString(quoted, "$1 == $2")} {
		if _, err := d.Canonical(meant); err == nil {
			return []string{meant}
		}
	}
	return nil
}

// withFix returns the error with a fix, if that would do.
func withFix(err error, fix string, does func(string) bool) error {
	if e, ok := errors.AsType[*Error](err); ok && does(fix) {
		e.Fixes = []string{fix}
	}
	return err
}

// plainSigns returns an expression with full-width spaces, letters and signs made plain everywhere but in its texts.
func plainSigns(text string) string {
	var inText rune
	escaped := false
	return strings.Map(func(r rune) rune {
		switch {
		case inText != 0:
			if r == inText && !escaped {
				inText = 0
			}
			escaped = r == '\\' && !escaped && inText != '`'
			return r
		case r == '"' || r == '\'' || r == '`':
			inText = r
		case r == '\u3000' || r == '\u00a0':
			return ' '
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		}
		return r
	}, text)
}
