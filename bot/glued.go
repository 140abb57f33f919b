package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// nothingGlued returns an error when text follows a closing quote without a space: most often the quote ended too early.
func (s *scanner) nothingGlued() error {
	if s.pos == len(s.text) {
		return nil
	}
	r, _ := utf8.DecodeRuneInString(s.text[s.pos:])
	if isSpace(r) || r == ',' && s.w.key != "" {
		return nil
	}
	if n := punctuationLen(s.text[s.pos:]); n > 0 { // of the sentence, not of the text
		s.pos += n
		return nil
	}
	return mistake(s.pos, "The quoted text ended just before this, and something follows without a space. "+
		"If the text itself has quotes in it, put the other kind around it: '…' around \"…\".", s.otherQuotes()...)
}

// punctuation is what ends a word of a sentence and is not a part of it.
const punctuation = ".,;!。、，；！．｡"

// punctuationLen returns the length in bytes of the punctuation that a text begins with, if the word ends with it.
func punctuationLen(s string) int {
	rest := strings.TrimLeft(s, punctuation)
	if rest != "" && !isSpace(firstRune(rest)) {
		return 0
	}
	return len(s) - len(rest)
}

// quotesLookedFor is how many ends of a text that has its own quotes in it are tried.
const quotesLookedFor = 5

// straightQuotes makes quotes plain that do not go together: “x“ and ”x“.
var straightQuotes = strings.NewReplacer("“", `"`, "”", `"`, "„", `"`, "＂", `"`)

// otherQuotes returns the command with other quotes around a text that has the same ones around it and in it, for each place where the
// text may end.
func (s *scanner) otherQuotes() []string {
	begin := s.w.start
	if s.w.key != "" {
		begin = s.w.keyEnd
	}
	line, _, _ := strings.Cut(s.text[begin:], "\n")
	open := firstRune(line)
	ends := rules.ClosingQuotes(open) + string(open)
	if ends == string(open) || len(line) > maxLine {
		return nil
	}
	var lines []string
	for end, tries := len(line), 0; tries < quotesLookedFor; tries++ {
		if end = strings.LastIndexAny(line[:end], ends); end < len(string(open)) {
			break
		}
		value, rest := line[len(string(open)):end], line[end+firstSize(line[end:]):]
		if s.w.key == "expr" {
			if value = rules.SpelledExpression(value); !rules.IsExpression(value) {
				value = rules.SpelledExpression(straightQuotes.Replace(value))
			}
		}
		if (rest == "" || isSpace(firstRune(rest))) && (s.w.key != "expr" || rules.IsExpression(value)) {
			lines = append(lines, s.text[:begin]+quote(value)+rest+s.text[begin+len(line):])
		}
	}
	return lines
}
