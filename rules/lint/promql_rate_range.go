package lint

import (
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlRateRange = Check{
	Name:     "promql-rate-range",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "rate, irate, increase or delta over a time in which there are not two samples",
	Why:      "a rate needs two samples; over a shorter time than two scrapes it returns nothing, always or now and then",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[20s]) > 1
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[2m]) > 1
`,
	find: func(s *subject) (found []finding) {
		least := 2 * s.settings.ScrapeInterval
		for _, call := range partsOf[*parser.Call](s.prom) {
			if !slices.Contains([]string{"rate", "irate", "increase", "delta", "idelta", "deriv"}, call.Func.Name) {
				continue
			}
			matrix, ok := call.Args[0].(*parser.MatrixSelector)
			if !ok || matrix.RangeExpr != nil || matrix.Range >= least {
				continue
			}
			longer := brackets.ReplaceAllLiteralString(s.source(matrix), "["+rules.FormatDuration(2*least)+"]")
			found = append(found, s.rewritten(matrix, longer).says(fmt.Sprintf("%s needs two samples, and a scrape comes every %s: write at least [%s]",
				call.Func.Name, rules.FormatDuration(s.settings.ScrapeInterval), rules.FormatDuration(2*least))))
		}
		return found
	},
}
