package lint

import (
	"cmp"
	"fmt"
	"time"

	"github.com/grafana/loki/v3/pkg/logql/syntax"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlRangeLimit = Check{
	Name:     "logql-range-limit",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "a window as long as what the ruler takes for one query, or longer (max_range; Loki's max_query_length is 721h, 30d1h, by default)",
	Why:      "Loki loads the rule and refuses each of its evaluations: \"the query time range exceeds the limit\"",
	Bad: `groups:
- name: backup
  rules:
  - alert: MonthlyBackupMissing
    expr: absent_over_time({job="backup"} |= "monthly finished" [31d])
`,
	Good: `groups:
- name: backup
  rules:
  - alert: MonthlyBackupMissing
    expr: absent_over_time({job="backup"} |= "monthly finished" [30d])
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, r := range nodesOf[*syntax.LogRangeExpr](s.log) {
			if r.Interval >= s.settings.MaxRange { // Loki 3.7.8 reads a nanosecond more than the window
				within := cmp.Or((s.settings.MaxRange - 1).Truncate(24*time.Hour), s.settings.MaxRange-time.Second)
				found = append(found, s.writing(s.inRange(r), "["+rules.FormatDuration(within)+"]").says(fmt.Sprintf(
					"the ruler reads less than %s at once, and this asks for %s", rules.FormatDuration(s.settings.MaxRange), rules.FormatDuration(r.Interval))))
			}
		}
		return found
	},
}
