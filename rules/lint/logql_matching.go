package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlMatching = Check{
	Name:     "logql-matching",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "an operation between series that never have the same labels: other labels on either side, or other values",
	Why:      "only series with the same labels are put together; where one side has a label that the other cannot have, or has with another value, there is never a result",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrorShare
    expr: sum by (job) (count_over_time({job="api"} |= "error" [5m])) / sum(count_over_time({job="api"}[5m])) > 0.1
  - alert: ApiAndShopErrors
    expr: sum by (job) (count_over_time({job="api"} |= "error" [5m])) > 0 and sum by (job) (count_over_time({job="shop"} |= "error" [5m])) > 0
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrorShare
    expr: sum by (job) (count_over_time({job="api"} |= "error" [5m])) / sum by (job) (count_over_time({job="api"}[5m])) > 0.1
  - alert: ApiAndShopErrors
    expr: sum(count_over_time({job="api"} |= "error" [5m])) > 0 and sum(count_over_time({job="shop"} |= "error" [5m])) > 0
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, part := range needed(s.log) {
			e, ok := part.(*syntax.BinOpExpr)
			if !ok || e.Op == syntax.OpTypeOr || e.Op == syntax.OpTypeUnless || scalar(e) {
				continue
			}
			if l, r := opposedIn(e); l != nil {
				found = append(found, finding{field: "expr", text: fmt.Sprintf("the series on the left side of %s have %s, those on the right %s, so they never match: leave %s out of the groupings, or write ignoring (%[4]s)", e.Op, l, r, l.Name)})
				continue
			}
			if matchesOn(e) {
				continue
			}
			missing := append(lacks(e.SampleExpr, e.RHS), lacks(e.RHS, e.SampleExpr)...)
			if len(missing) > 0 {
				found = append(found, finding{field: "expr", text: fmt.Sprintf("only one side of %s has the label %s, so they never match: group both sides by the same labels, or write `on`", e.Op, strings.Join(missing, ", "))})
			}
		}
		return found
	},
}

// opposedIn returns two matchers of one label that must be the same, of which the series on either side of an operation pass one and no value
// passes both; nil when there are none.
func opposedIn(e *syntax.BinOpExpr) (l, r *labels.Matcher) {
	match := &syntax.VectorMatching{}
	if e.Opts != nil && e.Opts.VectorMatching != nil {
		match = e.Opts.VectorMatching
	}
	return opposedBy(match.On, match.MatchingLabels, passedBy(e.SampleExpr), passedBy(e.RHS))
}

// matchesOn reports whether an operation says which labels must be the same.
func matchesOn(e *syntax.BinOpExpr) bool {
	if e.Opts == nil || e.Opts.VectorMatching == nil {
		return false
	}
	m := e.Opts.VectorMatching
	return m.On || len(m.MatchingLabels) > 0
}

// lacks returns the labels that one side has for sure and the other cannot have.
func lacks(has, may syntax.SampleExpr) []string {
	names, all := labelsOf(may)
	if !all {
		return nil
	}
	sure := sureLabels(has)
	maps.DeleteFunc(sure, func(name string, _ bool) bool { return names[name] })
	return slices.Sorted(maps.Keys(sure))
}
