package lint

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/alertsmith/alertsmith/rules"
)

var promqlTemplateNumber = Check{
	Name:     "promql-template-number",
	Dialects: inPromQL,
	Severity: rules.SeverityInfo,
	What:     "an annotation that shows the result of rate, irate or deriv as it is, or the value of absent(), which is always 1",
	Why:      "people read 0.016666666666666666 with effort; humanize, humanizePercentage or printf show it in a form that they can take in",
	Bad: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[5m]) > 0.01
    annotations:
      summary: '{{ $value }} errors a second'
`,
	Good: `groups:
- name: web
  rules:
  - alert: Errors
    expr: rate(http_errors_total[5m]) > 0.01
    annotations:
      summary: '{{ $value | humanize }} errors a second'
`,
	find: func(s *subject) (found []finding) {
		absent, fraction := absentOnly(s.prom), hasFraction(s.prom)
		if !absent && !fraction {
			return nil
		}
		for _, m := range s.mentions() {
			switch {
			case m.kind != aValue:
			case absent:
				found = append(found, m.at().says(fmt.Sprintf("the %s shows the value of absent(), which is always 1", m.field.Name)))
			case !slices.ContainsFunc(m.pipe, func(f string) bool { return strings.HasPrefix(f, "humanize") || strings.HasPrefix(f, "print") }):
				found = append(found, m.at().mendedBy(humanized(m.field)).says(fmt.Sprintf("the %s shows a rate with all its digits; write {{ $value | humanize }}", m.field.Name)))
			}
		}
		return found
	},
}

// bareValue is the value of an alert where a template shows it as it is.
var bareValue = regexp.MustCompile(`(\{\{-?\s*)(\$value|\.Value)(\s*-?\}\})`)

// humanized returns the option of a command that gives a field a text with its values humanized; "" where the text does not fit on a line.
func humanized(f rules.Field) string {
	text := bareValue.ReplaceAllString(f.Value, "$1$2 | humanize$3")
	if text == f.Value || strings.Contains(text, "\n") {
		return ""
	}
	kind, name, _ := strings.Cut(f.Name, " ")
	return optionName(kind, name) + "=" + rules.Word(text)
}

// absentOnly reports whether a result is that of absent().
func absentOnly(e parser.Expr) bool {
	call, ok := bare(e).(*parser.Call)
	return ok && (call.Func.Name == "absent" || call.Func.Name == "absent_over_time")
}

// hasFraction reports whether an expression calculates something for each second.
func hasFraction(e parser.Expr) bool {
	return slices.ContainsFunc(partsOf[*parser.Call](e), func(c *parser.Call) bool {
		return c.Func.Name == "rate" || c.Func.Name == "irate" || c.Func.Name == "deriv"
	})
}
