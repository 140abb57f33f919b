package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlLostLabel = Check{
	Name:     "promql-lost-label",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a label in by, on, group_left or group_right that the series there cannot have any more, or that the result does not have",
	Why:      "what is taken away inside cannot be used outside: the result has one series where many are meant, or the label stays empty",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: sum by (cluster) (sum(http_errors)) > 10
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: sum by (cluster) (sum by (cluster, instance) (http_errors)) > 10
`,
	find: func(s *subject) (found []finding) {
		for _, a := range partsOf[*parser.AggregateExpr](s.prom) {
			if a.Without {
				continue
			}
			inner := promLabels(a.Expr)
			for _, name := range a.Grouping {
				if !inner.can(name) {
					found = append(found, s.inNode(a).says(fmt.Sprintf("%s by (%s): the series inside cannot have the label %s%s", a.Op, name, name, s.taken(a.Expr, name))))
				}
			}
		}
		for _, b := range partsOf[*parser.BinaryExpr](s.prom) {
			found = append(found, s.lostInMatch(b)...)
		}
		return found
	},
}

// lostInMatch returns the labels that an operator matches by and neither side can have, and those that it includes and the side with one
// series cannot have.
func (s *subject) lostInMatch(b *parser.BinaryExpr) (found []finding) {
	match := b.VectorMatching
	if match == nil {
		return nil
	}
	if match.On {
		left, right := promLabels(b.LHS), promLabels(b.RHS)
		for _, name := range match.MatchingLabels {
			switch {
			case !left.can(name) && !right.can(name):
				found = append(found, s.inNode(b).says(fmt.Sprintf("on (%s): neither side can have the label %s%s", name, name, s.taken(b.LHS, name))))
			case b.Op == parser.LOR, right.has(name), left.has(name): // or needs no match; the others never match, and that is told
			case !left.can(name):
				found = append(found, s.inNode(b).says(oneSided(name, "left", s.taken(b.LHS, name))))
			case !right.can(name):
				found = append(found, s.inNode(b).says(oneSided(name, "right", s.taken(b.RHS, name))))
			}
		}
	}
	if f, lost := s.lostInSet(b); lost {
		found = append(found, f)
	}
	word, single := "group_left", b.RHS
	if match.Card == parser.CardOneToMany {
		word, single = "group_right", b.LHS
	}
	for _, name := range match.Include {
		if !promLabels(single).can(name) {
			found = append(found, s.inNode(b).says(fmt.Sprintf("%s (%s): the side that it comes from cannot have the label %s%s", word, name, name, s.taken(single, name))))
		}
	}
	return found
}

func oneSided(name, side, taken string) string {
	return fmt.Sprintf("on (%s): the %s side cannot have the label %s, and so matches only what has none on the other side%s", name, side, name, taken)
}

// lostInSet returns a finding about labels that group_left or group_right adds on the right side of and or unless, of which the result has
// nothing: and that do not matter for the match.
func (s *subject) lostInSet(b *parser.BinaryExpr) (f finding, lost bool) {
	if b.Op != parser.LAND && b.Op != parser.LUNLESS {
		return f, false
	}
	join, ok := compared(b.RHS).(*parser.BinaryExpr)
	if !ok || join.VectorMatching == nil || len(join.VectorMatching.Include) == 0 {
		return f, false
	}
	for _, name := range join.VectorMatching.Include {
		if slices.Contains(b.VectorMatching.MatchingLabels, name) == b.VectorMatching.On {
			return f, false // they are matched by it
		}
	}
	return s.inNode(join).says(fmt.Sprintf("the label %s is added on the right side of %s, of which the result has no labels; put what is on its left and it in brackets first",
		strings.Join(join.VectorMatching.Include, ", "), b.Op)), true
}

// compared returns what an expression compares with a number; without comparison the expression itself.
func compared(e parser.Expr) parser.Expr {
	b, ok := bare(e).(*parser.BinaryExpr)
	switch {
	case !ok || !b.Op.IsComparisonOperator() || b.VectorMatching != nil:
		return bare(e)
	case b.LHS.Type() == parser.ValueTypeScalar:
		return compared(b.RHS)
	}
	return compared(b.LHS)
}
