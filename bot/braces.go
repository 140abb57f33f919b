package bot

import (
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// isOpening reports whether r is a brace that opens, isClosing whether it closes.
func isOpening(r rune) bool { return r == '{' || r == '｛' }

func isClosing(r rune) bool { return r == '}' || r == '｝' }

// braces copies `{…}` as it is, with the braces and strings inside it: a selector, or a template in an annotation.
func (s *scanner) braces() error {
	opened, depth := s.pos, 0
	ends := "" // the quotes that can end the string that we are in
	end := -1  // where a word ends outside of strings: the brace that is missing stands there at the earliest
	for s.pos < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		switch {
		case ends != "" && r == '\\' && ends != "`" && s.pos+1 < len(s.text):
			_, m := utf8.DecodeRuneInString(s.text[s.pos+1:])
			n += m
		case ends != "":
			if strings.ContainsRune(ends, r) {
				ends = ""
			}
		case end < 0 && isSpace(r) && !strings.HasSuffix(s.text[:s.pos], ","):
			end = s.pos
		case r == '`':
			ends = "`"
		case rules.ClosingQuotes(r) != "":
			ends = rules.ClosingQuotes(r)
		case isOpening(r):
			depth++
		case isClosing(r):
			depth--
		}
		s.copy(n)
		if depth == 0 {
			return nil
		}
	}
	err := mistake(opened, "This { has no closing }. If it is meant as text, put quotes around the word.")
	if end >= 0 {
		err.Fixes = []string{s.text[:end] + "}" + s.text[end:]}
	}
	return err
}
