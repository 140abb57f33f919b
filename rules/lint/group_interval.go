package lint

import (
	"fmt"

	"github.com/alertsmith/alertsmith/rules"
)

var groupInterval = Check{
	Name:     "group-interval",
	Dialects: inPromQL,
	Severity: rules.SeverityWarning,
	What:     "a group that is evaluated less often than every 5 minutes (the setting max_interval)",
	Why:      "Prometheus looks 5 minutes back for a sample, so what is recorded less often has gaps, and alerts come late",
	Bad: `groups:
- name: sums
  interval: 10m
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
`,
	Good: `groups:
- name: sums
  interval: 5m
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
`,
	find: func(s *subject) []finding {
		if s.Interval <= s.settings.MaxInterval || !s.opensGroup() || s.Rule.KeepFiringFor >= s.Interval {
			return nil
		}
		return []finding{{group: true, text: fmt.Sprintf("the group %s is evaluated every %s, which is less often than every %s", s.Ref.Group,
			rules.FormatDuration(s.Interval), rules.FormatDuration(s.settings.MaxInterval)), fix: "interval=" + rules.FormatDuration(s.settings.MaxInterval)}}
	},
}

// opensGroup reports whether the rule is its group's first, so that what is wrong with the group is told once.
func (s *subject) opensGroup() bool {
	_, entries, _ := s.near.book.File(s.Ref.Ruler, s.Ref.Path)
	for _, e := range entries {
		if e.Ref.Group == s.Ref.Group {
			return e.Ref == s.Ref
		}
	}
	return false
}
