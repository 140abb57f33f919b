package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// fenceAround is a code fence around a whole text.
var fenceAround = regexp.MustCompile("^\\s*(```+[A-Za-z]*[ \\t]*\\n)[^`]*?(```+)\\s*$")

// unwrapped returns a command without what stands around all of it: back-ticks, a code fence, quotes, the emphasis of Markdown. Spaces stand in its
// place, so that every word stays where it is.
func unwrapped(text string) string {
	if m := fenceAround.FindStringSubmatchIndex(text); m != nil && !looksLikeYAML(text[m[3]:]) {
		return strings.Repeat(" ", m[3]) + text[m[3]:m[4]] + strings.Repeat(" ", len(text)-m[4])
	}
	inner := strings.TrimSpace(text)
	for _, mark := range []string{"`", "**", "*", "~~", "|"} {
		if len(inner) > 2*len(mark) && strings.HasPrefix(inner, mark) && strings.HasSuffix(inner, mark) && strings.Count(inner, mark) == 2 {
			return between(text, inner, len(mark), len(mark))
		}
	}
	open, n := utf8.DecodeRuneInString(inner)
	last, m := utf8.DecodeLastRuneInString(inner)
	if len(inner) > n+m && strings.ContainsRune(rules.ClosingQuotes(open), last) && !strings.ContainsFunc(inner[n:len(inner)-m], isQuote) {
		return between(text, inner, n, m)
	}
	return text
}

// between returns a text with spaces for so many bytes at both ends of what it has inside.
func between(text, inner string, first, last int) string {
	start := strings.Index(text, inner)
	end := start + len(inner)
	return text[:start] + strings.Repeat(" ", first) + text[start+first:end-last] + strings.Repeat(" ", last) + text[end:]
}

// prompt is what a shell shows before a command, and itemNumber what a list shows before an item.
var (
	prompt     = regexp.MustCompile(`^[\w.-]+@[\w.-]+:\S*$`)
	itemNumber = regexp.MustCompile(`^\d{1,3}[.)]$`)
)

// commandMarks are signs around a command's name that belong to what was copied: of Markdown, of a sentence, of a shell.
const commandMarks = "`*_~:.,;!?/|>-–—$#%❯•。／！"

// commandWord returns a word as the name of a command: in lower case and plain letters, without the signs around it.
func commandWord(word string) string {
	seen := strings.Map(func(r rune) rune {
		if rules.Unseen(r) {
			return -1
		}
		return r
	}, word)
	if prompt.MatchString(seen) || itemNumber.MatchString(seen) {
		return ""
	}
	return strings.Trim(fold(seen), commandMarks)
}

// isBefore reports whether a word stands before the name of a command and says nothing: the slash command itself, the service's name, or signs.
func isBefore(name, trigger string) bool {
	return name == "" || name == strings.TrimLeft(fold(trigger), "/") || slices.Contains([]string{"alert", "alertsmith", "send", "@alertsmith"}, name)
}

// withoutCommand returns what may have been meant by a text that begins with no command: the command that its second word is, or its last one where
// that is in Japanese, which says last what is done, or add.
func withoutCommand(names []string, text, rest string) []string {
	line := withoutFlags(text)
	before, last := cutLast(line)
	last = strings.TrimPrefix(commandWord(last), "を")
	if slices.Contains(names, last) && last[0] >= utf8.RuneSelf && !strings.Contains(text, "\n") {
		return []string{last + " " + strings.TrimSuffix(before, " を") + text[len(line):]}
	}
	if second, start, _ := firstWord(rest, 0); slices.Contains(names, second) {
		return []string{rest[start:]}
	}
	if strings.TrimSpace(rest) == "" {
		return nil
	}
	return []string{"add " + text}
}
