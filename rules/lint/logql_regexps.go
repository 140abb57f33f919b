package lint

import (
	"regexp"
	regexps "regexp/syntax"
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/log"
	"github.com/grafana/loki/v3/pkg/logql/syntax"
)

// matchesAll reports whether a regular expression lets every text through that has a character: .*, .+, (.+)? and the like.
func matchesAll(pattern string) bool {
	parsed, err := regexps.Parse(pattern, regexps.Perl)
	return err == nil && wild(parsed.Simplify())
}

// wild reports whether all of a regular expression is "any characters".
func wild(re *regexps.Regexp) bool {
	switch re.Op {
	case regexps.OpAnyChar, regexps.OpAnyCharNotNL:
		return true
	case regexps.OpStar, regexps.OpPlus, regexps.OpQuest, regexps.OpCapture:
		return wild(re.Sub[0])
	case regexps.OpConcat:
		anything := false
		for _, sub := range re.Sub {
			switch {
			case sub.Op == regexps.OpBeginText, sub.Op == regexps.OpEndText:
			case sub.Op != regexps.OpAnyChar && sub.Op != regexps.OpAnyCharNotNL && wild(sub):
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

// probes are lines that no filter has in mind; they stand for every line.
var probes = [][]byte{nil, []byte("\x01"), []byte("~ 7Qj\x02")}

// passes reports whether a line filter lets every line through, and whether it lets none. Loki's own filter is asked: of error|, which a
// regular expression finds everywhere, it makes one for "error". ip("…") is none of both.
func passes(filter *syntax.LineFilterExpr) (every, none bool) {
	made, err := log.NewFilter(filter.Match, filter.Ty)
	if err != nil || filter.Op != "" || filter.Ty == log.LineMatchPattern || filter.Ty == log.LineMatchNotPattern {
		return false, false
	}
	passed := 0
	for _, line := range probes {
		if made.Filter(line) {
			passed++
		}
	}
	switch filter.Ty {
	case log.LineMatchRegexp:
		return passed == len(probes) || matchesAll(filter.Match), false
	case log.LineMatchNotRegexp:
		return false, passed == 0 || matchesAll(filter.Match)
	case log.LineMatchEqual:
		return passed == len(probes), false
	default:
		return false, passed == 0
	}
}

// literal returns the text that is all a regular expression asks for; false where it asks for more, or for either case.
func literal(pattern string) (string, bool) {
	parsed, err := regexps.Parse(pattern, regexps.Perl)
	if err != nil || parsed.Op != regexps.OpLiteral || parsed.Flags&regexps.FoldCase != 0 {
		return "", false
	}
	return string(parsed.Rune), true
}

// withoutEnds returns a regular expression without the .* at its ends, which say nothing where it is found anywhere in a line; the same where
// nothing would be left of it, or of a part between bars.
func withoutEnds(pattern string) string {
	core := strings.TrimSuffix(strings.TrimPrefix(pattern, ".*"), ".*")
	parsed, err := regexps.Parse(core, regexps.Perl)
	if err != nil || matchesNothing(parsed) {
		return pattern
	}
	return core
}

// matchesNothing reports whether a regular expression, or a part between its bars, is content with an empty text.
func matchesNothing(re *regexps.Regexp) bool {
	compiled, err := regexp.Compile(`^(?:` + re.String() + `)$`)
	return err != nil || compiled.MatchString("")
}

// anchored reports whether a regular expression looks at what stands around the text that it finds.
func anchored(pattern string) bool {
	parsed, err := regexps.Parse(pattern, regexps.Perl)
	return err != nil || looksAround(parsed)
}

func looksAround(re *regexps.Regexp) bool {
	switch re.Op {
	case regexps.OpBeginLine, regexps.OpEndLine, regexps.OpBeginText, regexps.OpEndText, regexps.OpWordBoundary, regexps.OpNoWordBoundary:
		return true
	default:
		return slices.ContainsFunc(re.Sub, looksAround)
	}
}
