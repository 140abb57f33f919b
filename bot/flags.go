package bot

import (
	"slices"
	"strings"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

// The words that are no option and no argument. Each may stand anywhere among a command's words, with or without dashes before it.
const (
	flagDry   = "dry-run" // nothing is changed; the answer says what would be
	flagForce = "force"   // what others use is taken away all the same
)

// flagSpellings are the ways in which people write flags, without dashes and underscores.
var flagSpellings = map[string]string{"dryrun": flagDry, "試行": flagDry, "force": flagForce, "強制": flagForce}

// flag returns the flag that a word is, "" for none, and whether it is given and not denied.
func (w word) flag() (name string, given bool) {
	key := w.key
	if key == "" && w.quoted {
		return "", false
	}
	value := "yes"
	if key != "" {
		value = strings.ToLower(fold(w.value[w.keyLen:]))
	} else {
		key = w.value
	}
	key = strings.Map(func(r rune) rune {
		if r == '_' || r == '−' || r == 'ー' || unicode.Is(unicode.Dash, r) {
			return -1
		}
		return r
	}, fold(key))
	return flagSpellings[key], slices.Contains([]string{"yes", "y", "true", "1", "on", "はい"}, value)
}

// takeFlag takes the words that are a flag out of others, and notes it where it is given.
func (args arguments) takeFlag(words []word, name string) (rest []word) {
	for _, w := range words {
		flag, given := w.flag()
		if flag != name {
			rest = append(rest, w)
			continue
		}
		if given {
			args[name] = w.whole()
		}
	}
	return rest
}

// dry reports whether the command is to change nothing.
func (c *call) dry() bool { _, given := c.args[flagDry]; return given }

// takeForce takes the flag out of words, of which the first keep are none. Whoever forces something says why.
func (c *call) takeForce(words []word, keep int) (rest []word, forced bool, err error) {
	keep = min(keep, len(words))
	rest = append(slices.Clone(words[:keep]), c.args.takeFlag(words[keep:], flagForce)...)
	if _, forced = c.args[flagForce]; forced && strings.TrimSpace(c.args["reason"].value) == "" {
		return rest, true, &rules.Error{Kind: rules.Invalid, Field: flagForce, Offset: -1, Text: `Whoever forces it says why: force reason="…".`}
	}
	return rest, forced, nil
}
