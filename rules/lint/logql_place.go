package lint

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// A LogQL tree does not tell where its parts stand. These find them in what the rule writes, where only one place can be meant; a finding
// about anything else is about the whole expression.

// inOneOf returns a finding about the only place that has one of these texts.
func (s *subject) inOneOf(texts ...string) finding {
	whole := finding{field: "expr"}
	at := whole
	for _, text := range texts {
		switch strings.Count(s.Rule.Expr, text) {
		case 0:
		case 1:
			if at.end > 0 {
				return whole
			}
			at = s.inExpr(text)
		default:
			return whole
		}
	}
	return at
}

// inText returns a finding about a text in quotes.
func (s *subject) inText(value string) finding {
	return s.inOneOf(strconv.Quote(value), "`"+value+"`", "'"+value+"'")
}

// inFilter returns a finding about a line filter with its operator.
func (s *subject) inFilter(filter *syntax.LineFilterExpr) finding {
	return s.before(s.inText(filter.Match), filter.Ty.String())
}

// inMatcher returns a finding about a matcher of a stream or a label.
func (s *subject) inMatcher(m *labels.Matcher) finding {
	return s.before(s.before(s.inText(m.Value), m.Type.String()), m.Name)
}

// before extends a finding to the left by a word, where it stands there.
func (s *subject) before(f finding, word string) finding {
	left := strings.TrimRight(s.Rule.Expr[:f.start], " \t\n")
	if f.end > 0 && strings.HasSuffix(left, word) {
		f.start = len(left) - len(word)
	}
	return f
}

var brackets = regexp.MustCompile(`\[([^][]*)\]`)

// inRange returns a finding about the only range in brackets that is as long as r.
func (s *subject) inRange(r *syntax.LogRangeExpr) finding {
	at := finding{field: "expr"}
	for _, found := range brackets.FindAllStringSubmatchIndex(s.Rule.Expr, -1) {
		length, err := model.ParseDuration(strings.TrimSpace(s.Rule.Expr[found[2]:found[3]]))
		if err != nil || length != model.Duration(r.Interval) {
			continue
		}
		if at.end > 0 {
			return finding{field: "expr"}
		}
		at.start, at.end = found[0], found[1]
	}
	return at
}

// writing returns the finding with the expression that has text in its place as the fix, where the place is known and that parses.
func (s *subject) writing(f finding, text string) finding {
	if f.end == 0 {
		return f
	}
	return mended(f, s.Rule.Expr[:f.start]+text+s.Rule.Expr[f.end:])
}

// mended returns the finding with a LogQL expression as the fix, if it parses.
func mended(f finding, expression string) finding {
	if _, err := expr.ParseLogQL(expression); err == nil {
		f.fix = expression
	}
	return f
}

// quoted returns a text in the quotes that show it best.
func quoted(text string) string {
	if strings.ContainsAny(text, "\\\"") && !strings.Contains(text, "`") {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}
