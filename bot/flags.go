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
	flagForce = "force"   // what is refused otherwise, as Command.Forces says
)

// forcesUsed is Command.Forces of those that take rules away.
const forcesUsed = "takes away also what other rules use"

// flagSpellings are the ways in which people write flags, without dashes and underscores.
var flagSpellings = map[string]string{"dryrun": flagDry, "試行": flagDry, "ドライラン": flagDry, "force": flagForce, "強制": flagForce}

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
		if r == '_' || isDash(r) {
			return -1
		}
		return r
	}, fold(key))
	return flagSpellings[key], slices.Contains([]string{"yes", "y", "true", "1", "on", "はい"}, value)
}

// isDash reports whether r is what people put before a flag, or what a keyboard or a word processor makes of it.
func isDash(r rune) bool { return r == '−' || r == 'ー' || unicode.Is(unicode.Dash, r) }

// dashed reports whether a word is written like a flag, of whatever program: with a dash or two before a letter. No quotes are around it.
func (w word) dashed() bool {
	name := strings.TrimLeftFunc(w.value, isDash)
	return !(w.quoted && w.key == "") && len(name) < len(w.value) && unicode.IsLetter(firstRune(name))
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

// takeForce takes the flag out of words, of which the first keep are none without dashes. Whoever forces something says why.
func (c *call) takeForce(words []word, keep int) (rest []word, forced bool, err error) {
	for _, w := range words {
		if !w.forces(len(rest), keep) {
			rest = append(rest, w)
		} else if _, given := w.flag(); given {
			c.args[flagForce], forced = w.whole(), true
		}
	}
	if forced && strings.TrimSpace(c.args["reason"].value) == "" {
		return rest, true, &rules.Error{Kind: rules.Invalid, Field: flagForce, Offset: -1, Text: `Whoever forces it says why: force reason="…".`}
	}
	return rest, forced, nil
}

// forces reports whether a word is the flag force, behind so many words of which the first keep are names: a rule may be called so.
func (w word) forces(before, keep int) bool {
	flag, _ := w.flag()
	return flag == flagForce && (before >= keep || w.dashed())
}

// likeFlag reports whether a word without quotes is written like a flag, of whatever program, in a place where none is.
func (w word) likeFlag() bool {
	flag, _ := w.flag()
	return flag != "" || w.dashed()
}

const likeFlagText = "This is written like a flag, and none is taken here. If it is meant as text, put quotes around the word."

// withDry returns a line that was made of the command so that it is a dry run if the command is one: nothing is ever offered that does more.
func (c *call) withDry(line string) string {
	command, from, err := lookUp(c.table, c.trigger, line)
	if err != nil || !command.Changes || !c.dryTyped() {
		return line
	}
	words, next, err := scanLine(line, from)
	switch {
	case slices.ContainsFunc(words, word.dry):
		return line
	case err == nil && next == len(line) && !ruleStart.MatchString(strings.TrimLeftFunc(line[from:], isSpace)):
		return line + " " + flagDry
	}
	return DryRun(line)
}

// dry reports whether a word says that the command is to change nothing.
func (w word) dry() bool {
	flag, given := w.flag()
	return flag == flagDry && given
}

// dryTyped reports whether the command says anywhere that it is to change nothing, even where it cannot be read to its end.
func (c *call) dryTyped() bool {
	if c.dry() || c.args["yaml"].end > 0 {
		return c.dry()
	}
	words, err := scanAll(c.text, 0)
	if err != nil {
		words = nil
		for text := range strings.FieldsSeq(c.text) {
			words = append(words, word{value: strings.Trim(text, punctuation+"\"'`“”")})
		}
	}
	return slices.ContainsFunc(words, word.dry)
}
