package rules_test

import (
	"slices"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// A panic behind the commands is counted and ends nothing but what it happened in: the service goes on, and does it again.
func TestAPanicBehindTheCommandsEndsNothingElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	panicsIn := func(job string, least int) func() bool {
		return func() bool {
			n := 0
			for _, j := range b.panics.all() {
				if j == job+" panicked" {
					n++
				}
			}
			return n >= least
		}
	}

	// While a change is brought to its ruler: it is committed and waits, and is live when the ruler can be spoken to.
	publish := func(f func() error) { b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = f }) }
	publish(func() error { panic("no such page") })
	out := b.Apply(t.Context(), request("r1"), nodeDown("one"))
	if out.State != rules.Pending || out.Err != nil {
		t.Errorf("a change whose ruler panics: %+v, want it pending", out)
	}
	await(t, panicsIn("bring prometheus", 2))
	await(t, func() bool { return b.Status(t.Context()).Rulers[0].Err != nil }) // the end of a reconciliation writes it
	publish(nil)
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
		t.Errorf("settled: %+v", w)
	}

	// While the rules are counted and compared.
	running := func(f func([]rules.RunningRule) ([]rules.RunningRule, error)) {
		b.prometheus.Set(func(r *rulestest.Ruler) { r.OnRunning = f })
	}
	running(func([]rules.RunningRule) ([]rules.RunningRule, error) { panic("not a list") })
	b.Moved(t.Context())
	await(t, panicsIn("reconcile prometheus", 1))
	running(nil)

	// While somebody is told of a push, and while it is brought to its ruler.
	b.external = func(rules.ExternalPush) { panic("no channel") }
	b.push(t, "by hand", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 3", "old")})
	b.Moved(t.Context())
	await(t, panicsIn("push", 1))
	head := b.recall("good")
	await(t, func() bool { book, err := b.Book(t.Context()); return err == nil && head() == book.Revision() })

	if out := b.Apply(t.Context(), request("r2"), nodeDown("two")); out.State != rules.Live {
		t.Errorf("afterwards: %+v, want it live", out)
	}
	if jobs := b.panics.all(); !slices.Contains(jobs, "push panicked") {
		t.Errorf("panicked: %v", jobs)
	}
}

// A panic that is contained only where the push is brought leaves the ruler to the changes after it.
func TestAPanicWhileAPushIsBroughtLeavesTheRulerToOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Panicked = func(job string) {
		if b.panics.add("panicked", job, 0); job == "bring prometheus" {
			panic("nobody counts")
		}
	}
	b.adopt(t)
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = func() error { panic("no such page") } })
	b.push(t, "by hand", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 3", "old")})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Rulers[0].State != rules.Pending || !slices.Contains(b.panics.all(), "push to prometheus panicked") {
		t.Errorf("told of %+v after %v", p, b.panics.all())
	}
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = nil })
	if out := b.Apply(t.Context(), request("r1"), nodeDown("one")); out.State != rules.Live {
		t.Errorf("afterwards: %+v, want it live", out)
	}
}
