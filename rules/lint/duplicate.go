package lint

import (
	"cmp"
	"fmt"
	"maps"

	"github.com/alertsmith/alertsmith/rules"
)

var duplicate = Check{
	Name:     "duplicate",
	Dialects: inBoth,
	Severity: rules.SeverityWarning,
	What:     "a rule that is there already: the same expression, however it is formatted, with the same labels and times",
	Why:      "both alerts fire at once and page twice; of two recording rules the ruler drops what the second writes; and one day only one of them is mended",
	Bad: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job="web"} == 0
    for: 5m
  - alert: NoWeb
    expr: up{job='web'}==0
    for: 300s
`,
	Good: `groups:
- name: web
  rules:
  - alert: WebDown
    expr: up{job="web"} == 0
    for: 5m
    labels: {severity: warning}
  - alert: WebDown
    expr: up{job="web"} == 0
    for: 1h
    labels: {severity: critical}
- name: ours
  labels: {team: web}
  rules:
  - alert: WebDown
    expr: up{job="web"} == 0
    for: 1h
    labels: {severity: critical}
`,
	find: func(s *subject) []finding {
		var same *rules.Entry
		for _, other := range s.near.alike(&s.Entry) {
			if (same == nil || !s.behind(same) && s.behind(other)) && sameBut(s.Entry, *other) && s.sameExpression(other) {
				same = other
			}
		}
		if same == nil {
			return nil
		}
		found := finding{text: fmt.Sprintf("%s in %s, line %d, has the same expression, times and labels", same.Ref.Name, same.Ref.Path, same.Line)}
		if s.behind(same) { // of all that are alike the first one stays
			found.fix = "delete " + rules.Word(s.near.book.Address(s.Ref))
		}
		return []finding{found}
	},
}

// behind reports whether the rule stands behind another one of its ruler.
func (s *subject) behind(other *rules.Entry) bool {
	return cmp.Or(cmp.Compare(s.Ref.Path, other.Ref.Path), cmp.Compare(s.Line, other.Line)) > 0
}

// sameBut reports whether two rules do the same but for their expressions, and for annotations and the names of alerts.
func sameBut(one, other rules.Entry) bool {
	a, b := one.Rule, other.Rule
	return a.Record == b.Record && (a.Alert == "") == (b.Alert == "") && a.For == b.For && a.KeepFiringFor == b.KeepFiringFor &&
		maps.Equal(givenLabels(one), givenLabels(other))
}

// givenLabels returns the labels that a rule's alerts or series get from it and from its group, of which its own come first.
func givenLabels(e rules.Entry) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, e.GroupLabels)
	maps.Copy(labels, e.Rule.Labels)
	return labels
}

// sameExpression reports whether another rule's expression is the same up to formatting.
func (s *subject) sameExpression(other *rules.Entry) bool {
	if s.Rule.Expr == other.Rule.Expr {
		return true
	}
	canonical, err := s.dialect.Canonical(other.Rule.Expr)
	return err == nil && canonical == s.canonical()
}
