package rules

import (
	"strings"
	"unicode"
)

// Word returns a text, such as an address, as one word of a command: as it is when that is plain, else in the quotes that need the least
// escaping. A text with an apostrophe in it that ends in a backslash cannot be written so.
func Word(text string) string {
	switch {
	case text != "" && strings.IndexFunc(text, isSpecial) < 0:
		return text
	case !strings.Contains(text, `"`) && !strings.HasSuffix(text, `\`):
		return `"` + text + `"`
	case !strings.Contains(text, `'`):
		return `'` + text + `'`
	}
	return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
}

// isSpecial reports whether r can mean something else than itself in a bare word.
func isSpecial(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.:/#@%+", r)
}
