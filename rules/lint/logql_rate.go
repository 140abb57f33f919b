package lint

import (
	"fmt"
	"math"
	"strconv"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlRate = Check{
	Name:     "logql-rate",
	Dialects: inLogQL,
	Severity: rules.SeverityInfo,
	What:     "a rate of log lines that is compared with a whole number",
	Why:      "rate is per second: > 10 over 5m needs more than 3,000 lines, where ten lines in the window are often meant: that is count_over_time",
	Bad: `groups:
- name: mail
  rules:
  - alert: MailBounces
    expr: sum by (job) (rate({job="postfix"} |= "status=bounced" [5m])) > 10
`,
	Good: `groups:
- name: mail
  rules:
  - alert: MailBounces
    expr: sum by (job) (count_over_time({job="postfix"} |= "status=bounced" [5m])) > 10
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, c := range comparisonsOf(s.log) {
			r := plainRate(c.of)
			if r == nil || c.number < 1 || c.number != math.Trunc(c.number) || c.op == syntax.OpTypeLT || c.op == syntax.OpTypeLTE {
				continue
			}
			number := strconv.FormatFloat(c.number, 'f', -1, 64)
			lines := strconv.FormatFloat(c.number*r.Left.Interval.Seconds(), 'f', -1, 64)
			found = append(found, s.writing(s.inOneOf(syntax.OpRangeTypeRate), syntax.OpRangeTypeCount).says(fmt.Sprintf(
				"this is %s lines per second, %s within %s; for %s lines within %[3]s count_over_time is meant", number, lines, rules.FormatDuration(r.Left.Interval), number)))
		}
		return found
	},
}

// plainRate returns the rate of lines that an expression adds up; nil when it is none.
func plainRate(e syntax.SampleExpr) *syntax.RangeAggregationExpr {
	switch e := e.(type) {
	case *syntax.RangeAggregationExpr:
		if e.Operation == syntax.OpRangeTypeRate && e.Left.Unwrap == nil {
			return e
		}
	case *syntax.VectorAggregationExpr:
		return plainRate(e.Left)
	}
	return nil
}
