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
		for _, part := range needed(s.log) {
			if e, ok := part.(*syntax.BinOpExpr); ok {
				if c, ok := comparisonOf(e); ok {
					if _, never := c.holds(); never {
						return []finding{s.neverHolds(c)}
					}
				}
			}
		}
		return nil
	},
}

// neverHolds returns the finding about a comparison for want of which the expression never has a result.
func (s *subject) neverHolds(c comparison) finding {
	number := strconv.FormatFloat(c.number, 'f', -1, 64)
	f := s.inOneOf(c.op+" "+number, c.op+number).says(fmt.Sprintf("%s %s holds for no value that there can be, so this never has a result", c.op, number))
	if r := longest(c.of); r != nil && c.op != syntax.OpTypeGT && c.op != syntax.OpTypeGTE {
		f.text += ": to be told that nothing was logged, ask whether the lines are absent"
		f = mended(f, fmt.Sprintf("absent_over_time(%s)", r))
	}
	return f
}
