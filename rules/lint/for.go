package lint

import (
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

var checkFor = Check{
	Name:     "for",
	Dialects: inBoth,
	Severity: rules.SeverityInfo,
	What:     "an alert whose for or keep_firing_for is shorter than the time between two evaluations, or longer than the setting max_for; or whose for is shorter than min_for",
	Why:      "a ruler looks at an alert at its evaluations only, so a shorter time is the same as one interval; and what waits for weeks tells nobody anything",
	Bad: `groups:
- name: web
  interval: 5m
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    for: 30s
`,
	Good: `groups:
- name: web
  interval: 1m
  rules:
  - alert: Down
    expr: up{job="web"} == 0
    for: 3m
`,
	find: func(s *subject) (found []finding) {
		interval := s.interval()
		for _, f := range []struct {
			name string
			time time.Duration
		}{{"for", s.Rule.For}, {"keep_firing_for", s.Rule.KeepFiringFor}} {
			at := finding{field: f.name}
			switch {
			case f.time > 0 && f.time < interval:
				found = append(found, at.says(fmt.Sprintf("%s is %s, and the group is evaluated every %s: it is the same as %[1]s=%[3]s", f.name,
					rules.FormatDuration(f.time), rules.FormatDuration(interval))).mendedBy(f.name+"="+rules.FormatDuration(interval)))
			case f.time > s.settings.MaxFor:
				found = append(found, at.says(fmt.Sprintf("%s is %s, which is longer than %s", f.name, rules.FormatDuration(f.time), rules.FormatDuration(s.settings.MaxFor))))
			}
		}
		if least := s.settings.MinFor; s.Rule.Alert != "" && s.Rule.For < least {
			found = append(found, finding{field: "for", text: fmt.Sprintf("an alert must wait for %s here before it fires", rules.FormatDuration(least)), fix: "for=" + rules.FormatDuration(least)})
		}
		return found
	},
}

// interval returns the time between two evaluations of the rule.
func (s *subject) interval() time.Duration {
	if s.Interval > 0 {
		return s.Interval
	}
	return s.settings.Interval
}
