package lint

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlHistogram = Check{
	Name:     "promql-histogram",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "histogram_quantile over buckets without their label le, or for a quantile that is not between 0 and 1",
	Why:      "the label le says which bucket a series is; without it there is no result, and outside 0 to 1 the result is infinite",
	Bad: `groups:
- name: web
  rules:
  - alert: Slow
    expr: histogram_quantile(0.99, sum by (job) (rate(http_duration_seconds_bucket[5m]))) > 1
`,
	Good: `groups:
- name: web
  rules:
  - alert: Slow
    expr: histogram_quantile(0.99, sum by (job, le) (rate(http_duration_seconds_bucket[5m]))) > 1
`,
	find: func(s *subject) (found []finding) {
		for _, call := range partsOf[*parser.Call](s.prom) {
			if call.Func.Name != "histogram_quantile" {
				continue
			}
			if q := promValues(call.Args[0]); q.constant() && !(bounds{low: 0, high: 1}).contains(q.low) {
				found = append(found, s.inNode(call.Args[0]).says(fmt.Sprintf("the quantile %s is not between 0 and 1; the 99th percentile is 0.99", s.source(call.Args[0]))))
			}
			if classic := bucketsIn(call.Args[1]); classic && !promLabels(call.Args[1]).can(labels.BucketLabel) {
				found = append(found, s.inNode(call.Args[1]).says("the buckets have no label le here"+s.taken(call.Args[1], labels.BucketLabel)+"; keep it, as in by (le)"))
			}
		}
		return found
	},
}

// bucketsIn reports whether an expression reads the buckets of a classic histogram; a native one has no label le.
func bucketsIn(e parser.Expr) bool {
	for _, selector := range partsOf[*parser.VectorSelector](e) {
		if name := metricName(selector); len(name) > 7 && name[len(name)-7:] == "_bucket" {
			return true
		}
	}
	return false
}
