package rules_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// A pending alert fires at the next evaluation where it has been active for as long as it must be now, and no sooner.
func TestPendingAlertsForetold(t *testing.T) {
	const lasts, interval = 10 * time.Minute, time.Minute
	active := []time.Duration{0, 90 * time.Second, 3 * time.Minute} // at the last evaluation
	for _, test := range []struct {
		name string
		till time.Duration // the last evaluation is so long ago
		last time.Duration // how long the condition must hold after the edit
		want rules.Continuity
	}{
		{"they wait longer", 0, 20 * time.Minute, rules.Continuity{Kept: rules.Active{Pending: 3}}},
		{"none is active for so long", 0, 5 * time.Minute, rules.Continuity{Kept: rules.Active{Pending: 3}}},
		{"nearly", 0, 4*time.Minute + time.Second, rules.Continuity{Kept: rules.Active{Pending: 3}}},
		{"one is at the next evaluation", 0, 4 * time.Minute, rules.Continuity{Kept: rules.Active{Pending: 2}, Due: 1}},
		{"two are", 0, 2 * time.Minute, rules.Continuity{Kept: rules.Active{Pending: 1}, Due: 2}},
		{"all are", 0, time.Minute, rules.Continuity{Due: 3}},
		{"none has to wait", 0, 0, rules.Continuity{Due: 3}},
		{"the ruler is late", 3 * time.Minute, 6 * time.Minute, rules.Continuity{Kept: rules.Active{Pending: 2}, Due: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			now := time.Now()
			add := nodeDown("node-down")
			add.Options.For = new(lasts)
			if out := b.Apply(t.Context(), request("r1"), add); out.Err != nil {
				t.Fatal(out.Err)
			}
			b.prometheus.Set(func(r *rulestest.Ruler) {
				r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
					for i := range running {
						running[i].Active, running[i].Interval, running[i].LastEvaluation = len(active), interval, now.Add(-test.till)
						for _, age := range active {
							running[i].Pending = append(running[i].Pending, running[i].LastEvaluation.Add(-age))
						}
					}
					return running, nil
				}
			})
			out := b.Draft(t.Context(), rules.Edit{Address: "node-down", Alteration: rules.Alteration{Options: rules.Options{For: &test.last}}})
			if diff := cmp.Diff(&test.want, out.Continuity); diff != "" {
				t.Errorf("%v (-want +got):\n%s", out.Err, diff)
			}
		})
	}
}
