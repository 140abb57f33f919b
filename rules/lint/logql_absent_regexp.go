package lint

import (
	"fmt"

	"github.com/grafana/loki/v3/pkg/logql/syntax"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/alertsmith/alertsmith/rules"
)

var logqlAbsentRegexp = Check{
	Name:     "logql-absent-regexp",
	Dialects: inLogQL,
	Severity: rules.SeverityWarning,
	What:     "absent_over_time over streams that a regular expression selects",
	Why:      "it has a result only when every stream that matches is silent: one that still logs hides all the others, and the alert could not name the silent one",
	Bad: `groups:
- name: backup
  rules:
  - alert: BackupSilent
    expr: absent_over_time({job=~"backup-db|backup-web"}[5m])
`,
	Good: `groups:
- name: backup
  rules:
  - alert: BackupSilent
    expr: absent_over_time({job="backup-db"}[5m]) or absent_over_time({job="backup-web"}[5m])
`,
	find: func(s *subject) []finding {
		var found []finding
		for _, e := range nodesOf[*syntax.RangeAggregationExpr](s.log) {
			if e.Operation != syntax.OpRangeTypeAbsent {
				continue
			}
			for _, m := range e.Left.Left.Matchers() {
				if m.Type == labels.MatchRegexp && !matchesAll(m.Value) {
					found = append(found, s.inMatcher(m).says(fmt.Sprintf("%s may match several streams, and is absent only when all of them are silent: ask for each by itself, with or between", m)))
				}
			}
		}
		return found
	},
}
