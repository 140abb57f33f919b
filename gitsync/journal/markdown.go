package journal

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// special are the characters that mean something to Markdown, its dialects or HTML in the middle of a line.
const special = "\\`*_{}[]<>()#|~&!$@"

// noLinks breaks what GitHub and others make a link of by itself: a reader could take it for ours.
var noLinks = strings.NewReplacer("://", `:\/\/`, "www.", `www\.`)

// escape returns s as one line of Markdown that shows s and nothing else.
func escape(s string) string {
	var b strings.Builder
	for _, r := range oneLine(strings.TrimSpace(s)) {
		if strings.ContainsRune(special, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return noLinks.Replace(b.String())
}

// code returns s as inline code on one line, with a fence that s does not hold; "" for an empty s.
func code(s string) string {
	s = oneLine(s)
	if s == "" {
		return ""
	}
	fence := strings.Repeat("`", longestRun(s)+1)
	if strings.ContainsAny(s[:1]+s[len(s)-1:], "` ") { // Markdown takes one space at each end away
		s = " " + s + " "
	}
	return fence + s + fence
}

// fenced returns s as a code block with a fence that s does not hold.
func fenced(language, s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	s = strings.TrimSuffix(strings.Map(visible, strings.ToValidUTF8(s, "\uFFFD")), "\n")
	fence := strings.Repeat("`", max(3, longestRun(s)+1))
	return fence + language + "\n" + s + "\n" + fence + "\n"
}

// longestRun returns how many back-ticks stand in a row in s at most.
func longestRun(s string) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// oneLine makes s one line of at most maxLine characters without control characters.
func oneLine(s string) string {
	s = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\t", " ").Replace(s)
	s = strings.Map(visible, strings.ToValidUTF8(s, "\uFFFD"))
	if utf8.RuneCountInString(s) > maxLine {
		s = string([]rune(s)[:maxLine-1]) + "…"
	}
	return s
}

// visible shows as U+FFFD what would hide or reorder other text: control characters but line breaks and tabs, and what
// overrides the direction of writing.
func visible(r rune) rune {
	switch {
	case r == '\n' || r == '\t':
		return r
	case unicode.IsControl(r), r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return '\uFFFD'
	}
	return r
}

// cut returns the first limit bytes of s, and says so when that is not all.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "\n[cut: it is longer than this page shows]\n"
}
