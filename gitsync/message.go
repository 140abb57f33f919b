package gitsync

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxSubject = 200       // characters
	maxTrailer = 1000      // characters of a trailer's value
	maxLine    = 500       // bytes of a line of the body; longer ones are broken
	maxBody    = 256 << 10 // bytes
	bodyIndent = "    "
)

// message writes a commit's message: subject, body, trailers. Every line of the body is indented, so that no text in it can
// be taken for a trailer, a divider, a comment, a scissors line or a patch by Git, whichever version and command reads it.
// Trailers whose key is no word of letters, digits and hyphens, or whose value is empty, are left out.
func message(c rules.Commit) string {
	var b strings.Builder
	b.WriteString(subject(c.Subject))
	b.WriteByte('\n')
	if body := body(c.Body); body != "" {
		b.WriteByte('\n')
		b.WriteString(body)
	}
	separator := "\n"
	for _, t := range c.Trailers {
		value := oneLine(t.Value, maxTrailer)
		if !isKey(t.Key) || value == "" {
			continue
		}
		b.WriteString(separator + t.Key + ": " + value + "\n")
		separator = ""
	}
	return b.String()
}

// subject makes one line that starts with a letter or digit: "---" would end the message for Git, "#" is a comment.
func subject(s string) string {
	s = oneLine(s, maxSubject)
	if first, _ := utf8.DecodeRuneInString(s); unicode.IsLetter(first) || unicode.IsDigit(first) {
		return s
	}
	return strings.TrimSpace("change " + s)
}

// body indents every line of s and breaks those that are too long; empty lines stay empty.
func body(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > maxBody {
		s = strings.ToValidUTF8(s[:maxBody], "") + "\n[cut]"
	}
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	var b strings.Builder
	blank := 0
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRightFunc(strings.Map(printable, line), unicode.IsSpace)
		if line == "" {
			blank++
			continue
		}
		if blank > 0 && b.Len() > 0 {
			b.WriteByte('\n')
		}
		blank = 0
		for line != "" {
			n := lineEnd(line)
			b.WriteString(bodyIndent + line[:n] + "\n")
			line = line[n:]
		}
	}
	return b.String()
}

// lineEnd returns how many bytes of line fit: all of them, or up to the last character that begins before maxLine.
func lineEnd(line string) int {
	if len(line) <= maxLine {
		return len(line)
	}
	n := maxLine
	for !utf8.RuneStart(line[n]) {
		n--
	}
	return n
}

// oneLine makes s one line of at most limit characters: valid UTF-8, no control character, single spaces, none at the ends.
func oneLine(s string, limit int) string {
	s = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || turnsText(r)
	}), " ")
	if runes := []rune(s); len(runes) > limit {
		s = strings.TrimSpace(string(runes[:limit-1])) + "…"
	}
	return s
}

// printable drops control characters and those that turn the direction of writing; a tab becomes a space.
func printable(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case unicode.IsControl(r) || turnsText(r):
		return -1
	}
	return r
}

// isKey reports whether Git takes s for a trailer's key.
func isKey(s string) bool {
	for i := range len(s) {
		if !isKeyByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func isKeyByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}
