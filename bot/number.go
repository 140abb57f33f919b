package bot

import (
	"strings"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

// seen returns an error where PATTERN has characters in it that nobody sees: they come along with what is copied, and no log line has them.
func (a argument) seen() error {
	plain := strings.Map(func(r rune) rune {
		switch {
		case rules.Unseen(r):
			return -1
		case r != '\u3000' && r != '\t' && unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, a.value)
	if plain == a.value {
		return nil
	}
	return &rules.Error{Kind: rules.Invalid, Field: "pattern", Offset: -1, Fixes: []string{plain},
		Text: "The pattern has a character in it that nobody sees, or a space that is no plain one. If it is meant, write it in a /regular expression/: \\x{a0}."}
}
