package lint

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

// What a change takes away from others is not looked for here: a command that removes or renames a recording rule that others use is refused
// when it is planned, with the list of them. A check sees one state of the book, and there a name that no rule records may be a scraped one.
var promqlDependency = Check{
	Name:     "promql-dependency",
	Dialects: inPromQL,
	Severity: rules.SeverityInfo,
	What:     "a recording rule that uses what a recording rule of another group records",
	Why:      "groups are evaluated one beside another: the value that it sees is up to one interval old, and the two never fit together exactly",
	Bad: `groups:
- name: rates
  rules:
  - record: job:http_errors:rate5m
    expr: sum by (job) (rate(http_errors_total[5m]))
- name: sums
  rules:
  - record: http_errors:rate5m:sum
    expr: sum(job:http_errors:rate5m)
`,
	Good: `groups:
- name: rates
  rules:
  - record: job:http_errors:rate5m
    expr: sum by (job) (rate(http_errors_total[5m]))
  - record: http_errors:rate5m:sum
    expr: sum(job:http_errors:rate5m)
`,
	find: func(s *subject) (found []finding) {
		if s.Rule.Record == "" {
			return nil
		}
		for _, selector := range partsOf[*parser.VectorSelector](s.prom) {
			from := s.near.recording(s.Ref.Ruler, metricName(selector))
			here := slices.ContainsFunc(from, func(e *rules.Entry) bool { return e.Ref.Path == s.Ref.Path && e.Ref.Group == s.Ref.Group })
			if len(from) > 0 && !here {
				found = append(found, s.inNode(selector).says(fmt.Sprintf("%s is recorded in another group, %s, so its value here is up to one interval old",
					metricName(selector), from[0].Ref.Group)))
			}
		}
		return found
	},
}
