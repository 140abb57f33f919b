package lint

import "github.com/alertsmith/alertsmith/rules"

var logqlAlwaysFires = Check{
	Name:     "logql-always-fires",
	Dialects: inLogQL,
	Severity: rules.SeverityError,
	What:     "an alert over logs whose expression has a result at every evaluation, whatever was logged",
	Why:      "`or vector(0)` makes a result where there was none, and an alert fires for every result: this one fires from the first evaluation on, for ever",
	Bad: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum(count_over_time({job="kernel"} |= "Out of memory" [5m])) or vector(0)
`,
	Good: `groups:
- name: kernel
  rules:
  - alert: OutOfMemory
    expr: sum(count_over_time({job="kernel"} |= "Out of memory" [5m])) > 0
`,
	find: func(s *subject) []finding {
		if s.Rule.Alert == "" || longest(s.log) == nil || !valuesOf(s.log).always {
			return nil
		}
		return []finding{s.inOneOf("vector").says("this has a result whatever is logged, so the alert always fires: compare the whole with a number, or leave out what is added where nothing was logged")}
	},
}
