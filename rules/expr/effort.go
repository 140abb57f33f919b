package expr

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// What no parser may be made to do. Both parsers are quadratic in tokens and nesting; Loki's kills the process with four
// thousand comments in a row (its lexer recurses over them, a quarter of a megabyte each) and copies its whole scanner,
// 128 kB, for each number and function name; and a regular expression of a hundred bytes can take minutes. Each limit is
// far above what real rules hold, and keeps the worst expression of MaxExpression below 50 ms.
const (
	maxTokens    = 1000      // names, numbers, texts, operators and brackets
	maxDepth     = 100       // brackets within brackets
	maxComments  = 50        // in LogQL
	maxCopies    = 64        // numbers and function names in LogQL
	maxLookahead = 4_000_000 // characters read ahead, squared, in LogQL
	maxRegexps   = 20_000    // steps
)

// effort is what an expression asks of its parser. The dialects count it with the parsers' own lexers.
type effort struct {
	tokens    int
	depth     int
	deepest   int
	comments  int
	copies    int
	lookahead int
	regexps   int // what all regular expressions together unfold to beyond their length
}

func (e *effort) open() {
	e.depth++
	e.deepest = max(e.deepest, e.depth)
}

func (e *effort) close() { e.depth-- }

// check returns an error when it is too much.
func (e *effort) check() *SyntaxError {
	for _, limit := range []struct {
		have, most int
		what       string
	}{
		{e.tokens, maxTokens, fmt.Sprintf("it has more than %d names, numbers and operators", maxTokens)},
		{e.deepest, maxDepth, fmt.Sprintf("it has more than %d brackets within each other", maxDepth)},
		{e.comments, maxComments, fmt.Sprintf("it has more than %d comments", maxComments)},
		{e.copies, maxCopies, fmt.Sprintf("it has more than %d numbers and function names", maxCopies)},
		{e.lookahead, maxLookahead, "it uses a function's name as a label, which takes Loki's parser too long in an expression of this length"},
		{e.regexps, maxRegexps, `its regular expressions unfold to too much; use fewer or smaller repetitions {n}, groups and classes \p`},
	} {
		if limit.have > limit.most {
			return &SyntaxError{Offset: -1, Text: "this is too much for one expression: " + limit.what}
		}
	}
	return nil
}

// regexp adds a text that may be compiled as a regular expression: first what makes it slow to parse, then what it unfolds to.
func (e *effort) regexp(text string) {
	e.regexps += parseWeight(text)
	if e.regexps > maxRegexps {
		return
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err != nil { // the parsers put it into a group, which can mend it: a)|(b
		parsed, err = syntax.Parse("(?:"+text+")", syntax.Perl)
	}
	if err == nil {
		e.regexps += max(0, unfolded(parsed)-len(text))
	}
}

// parseWeight returns what is slow in parsing a regular expression, in steps, as measured: nested groups are quadratic, \pL has some 700
// ranges, a case-insensitive range visits every character in it.
func parseWeight(text string) int {
	weight := 80*strings.Count(text, "(") + 1000*(strings.Count(text, `\p`)+strings.Count(text, `\P`))
	before := rune(0)
	for i, r := range text {
		switch r {
		case '?', '*', '+':
			weight += 15
		case '-':
			last, _ := utf8.DecodeRuneInString(text[i+1:])
			if strings.HasPrefix(text[i+1:], `\x`) {
				last = utf8.MaxRune
			}
			weight += max(0, int(last-before)) / 8
		}
		before = r
	}
	return weight
}

// unfolded returns about the size of the program that a regular expression compiles to.
func unfolded(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)
	if re.Op == syntax.OpCharClass {
		size = 1 + len(re.Rune)/2 // pairs
	}
	for _, sub := range re.Sub {
		size += unfolded(sub)
	}
	if re.Op == syntax.OpRepeat {
		size *= max(1, re.Min, re.Max)
	}
	return size
}
