package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlMatching = Check{
	Name:     "promql-matching",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "an operator between two vectors whose series can never match: the labels that must be the same on both sides are not there on one",
	Why:      "series are joined where their labels are the same; an aggregation takes labels away, and then nothing is joined and the result is empty",
	Bad: `groups:
- name: web
  rules:
  - alert: BusyHost
    expr: rate(http_requests_total{job="web"}[5m]) / sum(rate(http_requests_total{job="web"}[5m])) > 0.5
    for: 5m
  - alert: MoreErrorsThanAnswers
    expr: http_answers{code="500"} > http_answers{code="200"}
    for: 5m
`,
	Good: `groups:
- name: web
  rules:
  - alert: BusyHost
    expr: rate(http_requests_total{job="web"}[5m]) / on (job) group_left () sum by (job) (rate(http_requests_total{job="web"}[5m])) > 0.5
    for: 5m
  - alert: MoreErrorsThanAnswers
    expr: http_answers{code="500"} > ignoring (code) http_answers{code="200"}
    for: 5m
`,
	find: func(s *subject) (found []finding) {
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			if b.VectorMatching == nil || b.Op == parser.LOR {
				continue
			}
			left, right := promLabels(b.LHS), promLabels(b.RHS)
			name, side := unmatched(b.VectorMatching, left, right), "right"
			if name == "" {
				name, side = unmatched(b.VectorMatching, right, left), "left"
			}
			if name != "" {
				found = append(found, s.inNode(b).says(fmt.Sprintf("no series match here: those on the %s side cannot have the label %s, which all on the other side have%s",
					side, name, s.takenBy(b, side, name))))
			} else if l, r := opposed(b.VectorMatching, left, right); l != nil {
				found = append(found, s.ignoring(b, l.Name).says(fmt.Sprintf("no series match here: those on the left side have %s, those on the right %s; match by other labels, as with ignoring (%s)", l, r, l.Name)))
			}
		}
		return found
	},
}

// unmatched returns a label that all series of has have, none of lacks can have, and that must be the same; "" when there is none.
func unmatched(match *parser.VectorMatching, has, lacks labelSet) string {
	for _, name := range slices.Sorted(maps.Keys(has.sure)) {
		if slices.Contains(match.MatchingLabels, name) == match.On && !lacks.can(name) {
			return name
		}
	}
	return ""
}

// opposed returns two matchers of one label that must be the same, of which the series on either side pass one and no value passes both; nil
// when there are none.
func opposed(match *parser.VectorMatching, left, right labelSet) (l, r *labels.Matcher) {
	return opposedBy(match.On, match.MatchingLabels, left.passed, right.passed)
}

// ignoring returns a finding about an operator, with the expression in which it does not match by a label as the fix, if it matches by all labels.
func (s *subject) ignoring(b *parser.BinaryExpr, name string) finding {
	f, left, right := s.inNode(b), s.inNode(b.LHS), s.inNode(b.RHS)
	if len(b.VectorMatching.MatchingLabels) > 0 || b.VectorMatching.On || left.end == 0 || right.end == 0 {
		return f
	}
	between := s.Rule.Expr[left.end:right.start]
	return s.rewritten(b, s.source(b.LHS)+strings.Replace(between, b.Op.String(), fmt.Sprintf("%s ignoring (%s)", b.Op, name), 1)+s.source(b.RHS))
}

// opposedBy is opposed for any language: on tells whether these labels must be the same, or all others.
func opposedBy(on bool, names []string, left, right matchers) (l, r *labels.Matcher) {
	for _, side := range []matchers{left, right} {
		if within, _ := contradiction(side); within != nil {
			return nil, nil // what never matches within a side is told there
		}
	}
	for _, l := range left {
		for _, r := range right {
			if l.Name != r.Name || slices.Contains(names, l.Name) != on {
				continue
			}
			if a, b := contradiction([]*labels.Matcher{l, r}); a != b {
				return l, r
			}
		}
	}
	return nil, nil
}

// takenBy tells what takes a label away on one side of an operator; "" when nothing does.
func (s *subject) takenBy(b *parser.BinaryExpr, side, name string) string {
	e := b.RHS
	if side == "left" {
		e = b.LHS
	}
	return s.taken(e, name)
}

// taken tells what in an expression takes a label away, as the end of a sentence; "" when nothing does.
func (s *subject) taken(e parser.Expr, name string) string {
	switch d := bare(dropper(e, name)).(type) {
	case *parser.AggregateExpr:
		return fmt.Sprintf(": %s takes it away", d.Op)
	case *parser.Call:
		return fmt.Sprintf(": %s() has only the labels that its selector demands with =", d.Func.Name)
	}
	return ""
}
