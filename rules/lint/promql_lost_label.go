package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlLostLabel = Check{
	Name:     "promql-lost-label",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a label in by, on, group_left or group_right that the series there cannot have any more",
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
			if !left.can(name) && !right.can(name) {
				found = append(found, s.inNode(b).says(fmt.Sprintf("on (%s): neither side can have the label %s%s", name, name, s.taken(b.LHS, name))))
			}
		}
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
