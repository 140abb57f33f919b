package rules

import (
	"html"
	"iter"
	"strings"
	"unicode"
)

// spellings returns the other ways in which the signs of an expression can be read that does not parse as it is: HTML's escapes as what
// they stand for, and signs of typesetting and of East Asian keyboards as the languages' own. Each has one meaning, so it is taken.
func spellings(text string) []string {
	once := html.UnescapeString(text)
	return []string{PlainSigns(text), once, PlainSigns(once), PlainSigns(html.UnescapeString(once))}
}

// SpelledExpression returns an expression as it is where it parses in a dialect, else in the first of its spellings that does; as it is where
// none does.
func SpelledExpression(text string) string {
	for _, spelling := range append([]string{text}, spellings(text)...) {
		if IsExpression(spelling) {
			return spelling
		}
	}
	return text
}

// PlainSigns returns an expression with its signs made plain everywhere but in its texts.
func PlainSigns(text string) string {
	var b strings.Builder
	for _, plain := range plainPieces(text) {
		b.WriteString(plain)
	}
	return b.String()
}

// typedOffset returns where in a text the byte stands that has an offset in its PlainSigns.
func typedOffset(text string, offset int) int {
	for at, plain := range plainPieces(text) {
		if offset -= len(plain); offset < 0 {
			return at
		}
	}
	return len(text)
}

// signs are what people type for a sign of the languages.
var signs = map[rune]string{
	'≧': ">=", '≥': ">=", '≦': "<=", '≤': "<=", '≠': "!=", '×': "*", '÷': "/", '−': "-", '–': "-", '—': "-", '‐': "-", '‑': "-",
}

// plainPieces yields the characters of an expression with where they stand, each as it is to be read.
func plainPieces(text string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		ends, quote, escaped := "", "", false // ends: the quotes that can end the text that we are in; quote: what is put for them
		for at, r := range text {
			plain := string(r)
			switch {
			case ends != "" && strings.ContainsRune(ends, r) && !escaped:
				plain, ends = quote, ""
			case ends != "":
				if r == '"' && quote == `"` && !escaped { // in “…”
					plain = `\"`
				}
				escaped = r == '\\' && !escaped && quote != "`"
			case r == '`' || r == '\'':
				ends, quote = plain, plain
			case closingQuotes[r] != "":
				plain, ends, quote = `"`, closingQuotes[r], `"`
			case unicode.IsSpace(r) && r != '\n' && r != '\t':
				plain = " "
			case Unseen(r):
				plain = ""
			case r >= '！' && r <= '～':
				plain = string(r - '！' + '!')
			case signs[r] != "":
				plain = signs[r]
			}
			if !yield(at, plain) {
				return
			}
		}
	}
}
