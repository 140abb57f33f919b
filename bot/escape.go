package bot

import (
	"strings"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

// apart is the zero-width space that keeps an @ from the name behind it, so that nobody is called.
const apart = "\u200b"

// escape returns outside text so that Mattermost shows it as it is: one paragraph without links, styles, mentions or
// characters that nobody sees.
func escape(s string) string {
	var b strings.Builder
	lineStart := true
	for i, r := range s {
		switch {
		case r == '\n':
			b.WriteByte('\n')
			lineStart = true
			continue
		case r == '\t':
			b.WriteByte(' ')
			continue
		case rules.Invisible(r):
			b.WriteRune(unicode.ReplacementChar)
		case r == '@' || r == '＠' || r == '<' || r == '﹫':
			b.WriteRune(r)
			b.WriteString(apart)
		case strings.ContainsRune("\\`*_[]~|#", r) || lineStart && strings.ContainsRune(">+-=", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case (r == '.' || r == ')') && endsInNumber(s[:i]):
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
		lineStart = lineStart && r == ' '
	}
	return b.String()
}

// prose returns outside text as escape does, but what stands between two back-ticks in one line as code: a command to copy, which escapes would spoil.
// It is for what an operator reads: in a rule's expression back-ticks are signs like others.
func prose(s string) string {
	var b strings.Builder
	for {
		before, rest, _ := strings.Cut(s, "`")
		command, after, paired := strings.Cut(rest, "`")
		if !paired || strings.TrimSpace(command) == "" || strings.Contains(command, "\n") {
			return b.String() + escape(s)
		}
		b.WriteString(escape(before) + code(command))
		s = after
	}
}

// endsInNumber reports whether a text ends in a line that has only a short number: with a dot behind it Markdown would
// make a list of it.
func endsInNumber(s string) bool {
	digits := len(s) - len(strings.TrimRight(s, "0123456789"))
	if digits == 0 || digits > 9 {
		return false
	}
	before := strings.TrimRight(s[:len(s)-digits], " ")
	return before == "" || strings.HasSuffix(before, "\n")
}

// visible returns a text of one line with everything that nobody sees made visible.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n':
			return ' '
		case rules.Invisible(r):
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

// code returns outside text as a code span. Mattermost finds no mentions in code.
func code(s string) string {
	s = visible(s)
	if strings.TrimSpace(s) == "" {
		return "(empty)"
	}
	longest := longestTicks(s)
	ticks := strings.Repeat("`", longest+1)
	if longest > 0 {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// fence returns outside text as a code block, between more back-ticks than it has in one place.
func fence(language, s string) string {
	lines := strings.Split(strings.Trim(s, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.Map(func(r rune) rune {
			if rules.Invisible(r) && r != '\t' {
				return unicode.ReplacementChar
			}
			return r
		}, strings.TrimSuffix(line, "\r")) // of a file whose lines end as on Windows
	}
	ticks := strings.Repeat("`", max(3, longestTicks(s)+1))
	return ticks + language + "\n" + strings.Join(lines, "\n") + "\n" + ticks
}

// longestTicks returns the length of the longest run of back-ticks.
func longestTicks(s string) int {
	longest := 0
	for i := 0; i < len(s); {
		run := tickRun(s[i:])
		longest = max(longest, run)
		i += run + 1
	}
	return longest
}
