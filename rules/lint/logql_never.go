package lint

import (
	"fmt"
	"strconv"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlNever = Check{
	Name:     "logql-never",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "a comparison that holds for no value that there can be, such as a count that is == 0",
	Why:      "where nothing is logged Loki has no result, not a zero: an alert that waits for a count of 0 stays silent just when the logs do",
	Bad: `groups:
- name: backup
  rules:
  - alert: BackupDidNotRun
    expr: sum(count_over_time({job="backup"} |= "finished" [1d])) == 0
`,
	Good: `groups:
- name: backup
  rules:
  - alert: BackupDidNotRun
    expr: absent_over_time({job="backup"} |= "finished" [1d])
`,
	find: func(s *subject) []finding {
		c, never := neverHolds(s.log)
		if !never {
			return nil
		}
		number := strconv.FormatFloat(c.number, 'f', -1, 64)
		f := s.inOneOf(c.op+" "+number, c.op+number).says(fmt.Sprintf("%s %s holds for no value that there can be, so this never has a result", c.op, number))
		if r := longest(c.of); r != nil && c.op != syntax.OpTypeGT && c.op != syntax.OpTypeGTE {
			f.text += ": to be told that nothing was logged, ask whether the lines are absent"
			f = mended(f, fmt.Sprintf("absent_over_time(%s)", r))
		}
		return []finding{f}
	},
}

// neverHolds returns a comparison for want of which an expression never has a result.
func neverHolds(e syntax.SampleExpr) (comparison, bool) {
	switch e := e.(type) {
	case *syntax.VectorAggregationExpr:
		return neverHolds(e.Left)
	case *syntax.LabelReplaceExpr:
		return neverHolds(e.Left)
	case *syntax.BinOpExpr:
		if c, ok := comparisonOf(e); ok {
			if _, never := c.holds(); never {
				return c, true
			}
		}
		left, leftNever := neverHolds(e.SampleExpr)
		right, rightNever := neverHolds(e.RHS)
		switch {
		case e.Op == syntax.OpTypeOr:
			return left, leftNever && rightNever
		case leftNever || e.Op == syntax.OpTypeUnless:
			return left, leftNever
		default:
			return right, rightNever
		}
	}
	return comparison{}, false
}
