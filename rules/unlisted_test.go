package rules_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// groupOf is a rule file with one group of one rule, for which the group says something.
func groupOf(setting string) []byte {
	return fmt.Appendf(nil, "groups:\n  - name: web\n    %s\n    rules:\n      - alert: web-down\n        expr: up == 0\n", setting)
}

// groupChanges are changes of one rule by what its group says alone, and of one of two rules of a name so that it is as the other.
var groupChanges = map[string]struct {
	file, changed []byte
	from, to      string
}{
	"interval":                 {file: groupOf("interval: 1m"), from: "interval: 1m", to: "interval: 5m"},
	"interval, left to itself": {file: groupOf("interval: 1m"), from: "interval: 1m\n    rules", to: "rules"},
	"limit":                    {file: groupOf("limit: 5"), from: "limit: 5", to: "limit: 50"},
	"no limit":                 {file: groupOf("limit: 5"), from: "limit: 5\n    rules", to: "rules"},
	"query_offset":             {file: groupOf("query_offset: 1m"), from: "query_offset: 1m", to: "query_offset: 2m"},
	"the first of two":         {file: fileOf("up == 0", "web", "web"), from: "expr: up == 0\n      - alert", to: "expr: up == 1\n      - alert"},
	"the first of two, as the second": {
		file: []byte(strings.Replace(string(fileOf("up == 0", "web", "web")), "up == 0", "up == 1", 1)), from: "up == 1", to: "up == 0",
	},
}

// group brings a file to a ruler that evaluates every two minutes by itself, and makes it fail when it is told to read more.
func (b *bench) group(t *testing.T, file []byte, failure error) {
	t.Helper()
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			for i := range running {
				if running[i].Interval == 0 {
					running[i].Interval = 2 * time.Minute
				}
			}
			return running, nil
		}
	})
	b.EvaluationInterval = func(context.Context, string) (time.Duration, error) { return 2 * time.Minute, nil }
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/web.yaml": file})
	b.session(t)
	await(t, func() bool {
		s := b.Status(t.Context()).Rulers[0]
		return s.Rules > 0 && s.Running == s.Rules && b.recall("good")() != ""
	})
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = func(map[string]rules.RuleFile) error { return failure } })
}

func TestAChangeOfItsGroupIsLiveOnlyWhenTheRulerHasReadIt(t *testing.T) {
	t.Parallel()
	for name, test := range groupChanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.group(t, test.file, &rules.Error{Kind: rules.Unreachable, Text: "connection refused"})
			if out := b.Apply(t.Context(), request("r1"), rewrite{test.from, test.to}); out.State != rules.Pending {
				t.Fatalf("outcome %+v, want it pending while the ruler cannot be told", out)
			}
			tries := b.reloads()
			await(t, func() bool { return b.reloads() >= tries+2 }) // what the ruler runs was looked at between the two
			select {
			case w := <-b.settled:
				t.Fatalf("settled %+v while no reload succeeded", w.Outcome)
			default:
			}
			b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = nil })
			if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
				t.Errorf("settled %+v, want it live once the ruler has read it", w.Outcome)
			}
		})
	}
}

func TestAChangeOfItsGroupIsNotLiveAtARulerThatTakesNoOrder(t *testing.T) {
	t.Parallel()
	for name, test := range groupChanges {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.LiveTimeout = time.Second
			b.group(t, test.file, &rules.Error{Kind: rules.ReloadOff, Text: "start it with --web.enable-lifecycle"})
			if out := b.Apply(t.Context(), request("r1"), rewrite{test.from, test.to}); out.State == rules.Live {
				t.Errorf("outcome %+v, while the ruler runs what it ran", out)
			}
		})
	}
}

// A ruler that takes no order has read a changed query_offset once it says that it has read its files since it was given that.
func TestAQueryOffsetIsLiveWhenTheRulerReadItByItself(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.LiveTimeout = 300 * time.Millisecond
	test := groupChanges["query_offset"]
	start := time.Now()
	var read atomic.Int64 // seconds after the start
	b.ConfigRead = func(context.Context, string) (time.Time, error) {
		return start.Add(time.Duration(read.Load()) * time.Second), nil
	}
	b.group(t, test.file, &rules.Error{Kind: rules.ReloadOff, Text: "start it with --web.enable-lifecycle"})
	if out := b.Apply(t.Context(), request("r1"), rewrite{test.from, test.to}); out.State != rules.Pending {
		t.Fatalf("outcome %+v, want it pending while the ruler has not read it", out)
	}
	tries := b.reloads()
	await(t, func() bool { return b.reloads() >= tries+2 })
	select {
	case w := <-b.settled:
		t.Fatalf("settled %+v before the ruler read anything", w.Outcome)
	default:
	}
	read.Store(1)
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
		t.Errorf("settled %+v, want it live once the ruler has read it", w.Outcome)
	}
}

func TestAnIntervalThatIsTheRulersOwnIsLiveAsBefore(t *testing.T) {
	b := newBench(t)
	b.group(t, groupOf("interval: 2m"), nil)
	for id, told := range map[string]error{"r1": &rules.Error{Kind: rules.Unreachable, Text: "has no such page"}, "r2": nil} {
		b.EvaluationInterval = func(context.Context, string) (time.Duration, error) { return 2 * time.Minute, told }
		t.Run(fmt.Sprint(told), func(t *testing.T) {
			want := rules.Live
			b.LiveTimeout = 20 * time.Second
			if told != nil {
				want, b.LiveTimeout = rules.Pending, time.Second
			}
			out := b.Apply(t.Context(), request(id), rewrite{"interval: 2m\n    rules", "rules"})
			if out.State != want {
				t.Errorf("outcome %+v, want %s", out, want)
			}
			b.Apply(t.Context(), request(id+"b"), rewrite{"rules:", "interval: 2m\n    rules:"})
		})
	}
}

func TestAnIntervalThatALaterChangeReplacedIsSuperseded(t *testing.T) {
	b := newBench(t)
	b.group(t, groupOf("interval: 1m"), &rules.Error{Kind: rules.Unreachable, Text: "connection refused"})
	b.Apply(t.Context(), request("r1"), rewrite{"interval: 1m", "interval: 5m"})
	b.Apply(t.Context(), request("r2"), rewrite{"interval: 5m", "interval: 7m"})
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = nil })
	states := map[string]rules.State{}
	for range 2 {
		w := b.waitSettled(t)
		states[w.Request.ID] = w.Outcome.State
	}
	if states["r1"] != rules.Superseded || states["r2"] != rules.Live {
		t.Errorf("settled %v, want the first superseded and the second live", states)
	}
}
