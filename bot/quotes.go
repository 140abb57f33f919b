package bot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// isQuote reports whether r begins a quoted text at the start of a word or after `key=`.
func isQuote(r rune) bool { return r == '`' || rules.ClosingQuotes(r) != "" }

// quoted reads the quoted text at pos. Nothing in it is changed but this: \" inside "…" means a quote, so that every other
// backslash of a regular expression stays as it is.
func (s *scanner) quoted(open rune) error {
	s.w.quoted = true
	if open == '`' {
		return s.backticks()
	}
	opened, depth, ends := s.pos, 0, rules.ClosingQuotes(open)
	s.pos += utf8.RuneLen(open)
	if open == '«' || open == '‹' { // French puts a space between them and the text
		s.pos += paddingLen(s.text[s.pos:])
	}
	for s.pos < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.pos:])
		switch {
		case (open == '«' || open == '‹') && isSpace(r) && strings.ContainsRune(ends, firstRune(s.text[s.pos+n:])):
			s.pos += n
		case open == '"' && strings.HasPrefix(s.text[s.pos:], `\"`):
			s.pos++
			s.copy(1)
		case open == '“' && r == open: // “up{job=“x”} == 0”
			depth++
			s.copy(n)
		case strings.ContainsRune(ends, r) && depth > 0:
			depth--
			s.copy(n)
		case strings.ContainsRune(ends, r) && !s.isApostrophe(r, n):
			s.pos += n
			return nil
		default:
			s.copy(n)
		}
	}
	return s.unclosed(opened, string(firstRune(ends)))
}

// paddingLen returns the length in bytes of the space that a text begins with.
func paddingLen(s string) int {
	if r, n := utf8.DecodeRuneInString(s); isSpace(r) {
		return n
	}
	return 0
}

// isApostrophe reports whether the curly quote of n bytes at pos stands inside a word, as in ‘don’t’.
func (s *scanner) isApostrophe(r rune, n int) bool {
	next, _ := utf8.DecodeRuneInString(s.text[s.pos+n:])
	return r == '’' && (unicode.IsLetter(next) || unicode.IsDigit(next))
}

// backticks reads `…`, or as many back-ticks on either side; three or more are a code fence, whose first line names a
// language.
func (s *scanner) backticks() error {
	opened := s.pos
	ticks := s.text[s.pos : s.pos+tickRun(s.text[s.pos:])]
	from := s.pos + len(ticks)
	size := indexTicks(s.text[from:], len(ticks))
	if size < 0 {
		return s.unclosed(opened, ticks)
	}
	content := s.text[from : from+size]
	s.w.fenced = len(ticks) >= 3
	skip, cut := 0, 0
	switch info, _, found := strings.Cut(content, "\n"); {
	case s.w.fenced && found && isInfo(info):
		skip = len(info) + 1
		cut = len(content) - len(strings.TrimSuffix(content[skip:], "\n")) - skip
	case len(ticks) < 3 && touchesTick(content) && strings.HasPrefix(content, " ") && strings.HasSuffix(content, " "):
		skip, cut = 1, 1 // as Markdown does it: the spaces keep back-ticks apart
	}
	s.pos = from + skip
	s.copy(len(content) - skip - cut)
	s.pos = from + size + len(ticks)
	return nil
}

// tildes reads a code fence of tildes, which begins and ends on lines of its own.
func (s *scanner) tildes() error {
	opened := s.pos
	marks := s.text[s.pos : len(s.text)-len(strings.TrimLeft(s.text[s.pos:], "~"))]
	info, content, found := strings.Cut(s.text[s.pos+len(marks):], "\n")
	end := strings.Index("\n"+content, "\n"+marks)
	if !found || end < 0 || !isInfo(info) {
		return s.unclosed(opened, marks)
	}
	s.w.quoted, s.w.fenced = true, true
	s.pos += len(marks) + len(info) + 1
	after := s.pos + end + len(marks)
	s.copy(max(end-1, 0))
	s.pos = after
	return nil
}

// tickRun returns how many back-ticks s begins with.
func tickRun(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }

// indexTicks returns where in s the first run of exactly n back-ticks is, or -1.
func indexTicks(s string, n int) int {
	for i := 0; i < len(s); {
		j := strings.IndexByte(s[i:], '`')
		if j < 0 {
			return -1
		}
		i += j
		run := tickRun(s[i:])
		if run == n {
			return i
		}
		i += run
	}
	return -1
}

// isInfo reports whether the first line of a fence can be the name of a language: "yaml", "promql", nothing.
func isInfo(line string) bool {
	return len(line) <= 32 && strings.IndexFunc(strings.TrimSpace(line), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '+'
	}) < 0
}

// touchesTick reports whether s, without the spaces around it, begins or ends with a back-tick.
func touchesTick(s string) bool {
	s = strings.Trim(s, " ")
	return strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`")
}

// unclosed returns the error for a quote without its other end, with the lines that were probably meant: closed where a quote of another
// kind ends a word, else before TIME or the next option, else at the end of the line.
func (s *scanner) unclosed(opened int, end string) error {
	if strings.HasPrefix(end, "```") && strings.Contains(s.text[opened:], "\n") || strings.HasPrefix(end, "~~~") {
		return mistake(opened, "This code fence is never closed: write "+end+" on a line below the YAML too, or leave both out.")
	}
	line, _, _ := strings.Cut(s.text[opened:], "\n")
	line = withoutFlags(line)
	at, beforeLast := 0, 0 // how long the quoted text is, and how long without its last word
	last := ""
	for word := range strings.SplitAfterSeq(line, " ") {
		key, _, found := strings.Cut(word, "=")
		if at > 0 && found && isOption(optionKey(key)) {
			break
		}
		value := strings.TrimRightFunc(word, isSpace)
		if r, n := utf8.DecodeLastRuneInString(value); at+len(value) > n && isQuote(r) && r != '`' {
			value := line[len(string(firstRune(line))) : at+len(value)-n]
			return mistake(opened, "This quote is never closed.", s.text[:opened]+quote(value)+s.text[opened+at+len(word)-paddingAfter(word):])
		}
		at, beforeLast, last = at+len(word), at, value
	}
	at = len(strings.TrimRightFunc(line[:at], isSpace))
	lines := []string{s.text[:opened+at] + end + s.text[opened+at:]}
	if isDuration(last) && beforeLast > 0 {
		before := len(strings.TrimRightFunc(line[:beforeLast], isSpace))
		lines = []string{s.text[:opened+before] + end + s.text[opened+before:], lines[0]}
	}
	return mistake(opened, "This quote is never closed.", lines...)
}

// paddingAfter returns how many bytes of space a text ends with.
func paddingAfter(s string) int { return len(s) - len(strings.TrimRightFunc(s, isSpace)) }

// firstRune returns the first character of s.
func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// quote returns a value as a word: as it is when that is plain, else in the quotes that need the least escaping.
// Scanning the result gives the value again.
func quote(value string) string {
	if strings.Contains(value, `'`) && strings.HasSuffix(value, `\`) {
		return inTicks(value)
	}
	return rules.Word(value)
}

// inTicks returns a value between more back-ticks than it has in one place: what no other quotes can hold.
func inTicks(value string) string {
	ticks := strings.Repeat("`", longestTicks(value)+1)
	if len(ticks) >= 3 {
		return ticks + "\n" + value + "\n" + ticks
	}
	if touchesTick(value) {
		value = " " + value + " "
	}
	return ticks + value + ticks
}
