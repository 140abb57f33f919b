package lint

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlMatching = Check{
	Name:     "logql-matching",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "an operation between series that have different labels, without on or ignoring",
	Why:      "only series with the same labels are put together; where one side has a label that the other cannot have there is never a result",
	Bad: `groups:
- name: api
  rules:
  - alert: ApiErrorShare
    expr: sum by (job) (count_over_time({job="api"} |= "error" [5m])) / sum(count_over_time({job="api"}[5m])) > 0.1
`,
	Good: `groups:
- name: api
  rules:
  - alert: ApiErrorShare
    expr: sum by (job) (count_over_time({job="api"} |= "error" [5m])) / sum by (job) (count_over_time({job="api"}[5m])) > 0.1
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, part := range needed(s.log) {
			e, ok := part.(*syntax.BinOpExpr)
			if !ok || e.Op == syntax.OpTypeOr || e.Op == syntax.OpTypeUnless || scalar(e) || matchesOn(e) {
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
