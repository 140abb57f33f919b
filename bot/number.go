package bot

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

var (
	percentNumber  = regexp.MustCompile(`^(\d+(?:\.\d+)?)\s*%$`)
	thousandNumber = regexp.MustCompile(`^\d{1,3}(?:,\d{3})+$`)
	sizedNumber    = regexp.MustCompile(`^(\d+)([km])$`)
	wordyNumber    = regexp.MustCompile(`^(?:>|more than|over)?\s*(\d+(?:\.\d+)?)\s*(?:回|件|行|lines?|times|x)?(?:以上)?$`)
)

// meantNumbers returns what a text that is no number may mean: a percentage, thousands, a number with its unit or comparison.
func meantNumbers(text string) []string {
	text = strings.TrimSpace(fold(text))
	switch {
	case percentNumber.MatchString(text):
		number := strings.TrimSpace(strings.TrimSuffix(text, "%"))
		part, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil
		}
		return []string{number, strconv.FormatFloat(part/100, 'f', -1, 64)}
	case thousandNumber.MatchString(text):
		return []string{strings.ReplaceAll(text, ",", "")}
	case sizedNumber.MatchString(text):
		return []string{strings.NewReplacer("k", "000", "m", "000000").Replace(text)}
	}
	if m := wordyNumber.FindStringSubmatch(text); m != nil {
		return []string{m[1]}
	}
	return nil
}

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
