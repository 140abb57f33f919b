package lint

import (
	"regexp/syntax"

	"github.com/grafana/regexp"
)

// matchesAll reports whether a regular expression lets every text through that has a character: .*, .+, (.+)? and the like.
func matchesAll(pattern string) bool {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && wild(parsed.Simplify())
}

// wild reports whether all of a regular expression is "any characters".
func wild(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpCapture:
		return wild(re.Sub[0])
	case syntax.OpConcat:
		anything := false
		for _, sub := range re.Sub {
			switch {
			case sub.Op == syntax.OpBeginText, sub.Op == syntax.OpEndText:
			case sub.Op != syntax.OpAnyChar && sub.Op != syntax.OpAnyCharNotNL && wild(sub):
				anything = true
			default:
				return false
			}
		}
		return anything
	default:
		return false
	}
}

// matchesEveryLine reports whether a regular expression finds something in every line, as one does that finds nothing at all: error|,
// x*. Lines that no pattern has in mind stand for every line.
func matchesEveryLine(pattern string) bool {
	if matchesAll(pattern) {
		return true
	}
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString("") && re.MatchString("\x01") && re.MatchString("~ 7Qj\x02")
}

// literal returns the text that is all a regular expression asks for; false where it asks for more, or for either case.
func literal(pattern string) (string, bool) {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpLiteral || parsed.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	return string(parsed.Rune), true
}

// ignoresCase reports whether all letters of a regular expression stand for both cases.
func ignoresCase(pattern string) bool {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	return err == nil && !hasCase(parsed)
}

func hasCase(re *syntax.Regexp) bool {
	if re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0 {
		return true
	}
	for _, sub := range re.Sub {
		if hasCase(sub) {
			return true
		}
	}
	return false
}

// anchored reports whether a regular expression looks at what stands around the text that it finds.
func anchored(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	for _, sub := range re.Sub {
		if anchored(sub) {
			return true
		}
	}
	return false
}

// findsIn reports whether a regular expression finds something in every line that has text in it.
func findsIn(pattern, text string) bool {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || anchored(parsed) {
		return false
	}
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(text)
}
