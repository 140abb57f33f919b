package rules_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// together gives these commands at once; the ruler's first reload takes until all of them are committed, and decide answers the reloads.
func (b *bench) together(t *testing.T, intents []rules.Add, decide func(published map[string]rules.RuleFile) error) map[string]rules.Outcome {
	t.Helper()
	before := len(b.store.Commits())
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(published map[string]rules.RuleFile) error {
			await(t, func() bool { return len(b.store.Commits()) >= before+len(intents) })
			return decide(published)
		}
	})
	var mu sync.Mutex
	outcomes := map[string]rules.Outcome{}
	var wg sync.WaitGroup
	for _, intent := range intents {
		wg.Go(func() {
			out := b.Apply(t.Context(), request(intent.Name), intent)
			mu.Lock()
			defer mu.Unlock()
			outcomes[intent.Name] = out
		})
	}
	wg.Wait()
	return outcomes
}

func (b *bench) reloads() (n int) {
	for _, call := range b.prometheus.Calls() {
		if call == "reload" {
			n++
		}
	}
	return n
}

func TestChangesThatComeTogetherAreBroughtTogether(t *testing.T) {
	b := newBench(t)
	var adds []rules.Add
	for i := range 16 {
		adds = append(adds, nodeDown(fmt.Sprintf("rule-%02d", i)))
	}
	for name, out := range b.together(t, adds, func(map[string]rules.RuleFile) error { return nil }) {
		if out.State != rules.Live {
			t.Errorf("%s: %+v, want it live", name, out)
		}
	}
	if n := b.reloads(); n > 2 {
		t.Errorf("%d reloads for 16 changes that came together, want the first one's and one for all others", n)
	}
	if n := len(b.store.Commits()); n != 16 {
		t.Errorf("%d commits, want one each", n)
	}
}

func TestOfManyThatComeTogetherOnlyTheRefusedAreUndone(t *testing.T) {
	for name, test := range map[string]struct {
		bad    []string
		shared string // group
	}{
		"one":                      {bad: []string{"rule-05"}},
		"the first to come":        {bad: []string{"rule-00"}},
		"two":                      {bad: []string{"rule-03", "rule-11"}},
		"two in one file with all": {bad: []string{"rule-03", "rule-11"}, shared: "all"},
		"all":                      {bad: []string{"rule-0", "rule-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Apply(t.Context(), request("r0"), nodeDown("good"))
			var adds []rules.Add
			want := map[string]rules.State{}
			names := []string{"good"}
			for i := range 16 {
				add := nodeDown(fmt.Sprintf("rule-%02d", i))
				add.Options.Group = test.shared
				adds = append(adds, add)
				if want[add.Name] = rules.Live; slices.ContainsFunc(test.bad, func(bad string) bool { return strings.HasPrefix(add.Name, bad) }) {
					want[add.Name] = rules.Reverted
				} else {
					names = append(names, add.Name)
				}
			}
			outcomes := b.together(t, adds, func(published map[string]rules.RuleFile) error {
				for _, file := range published {
					for _, bad := range test.bad {
						if strings.Contains(string(file.Content), "alert: "+bad) {
							return &rules.Error{Kind: rules.Refused, Text: "no " + bad}
						}
					}
				}
				return nil
			})
			got := map[string]rules.State{}
			for name, out := range outcomes {
				if got[name] = out.State; out.State == rules.Reverted && (out.Undone == "" || !slices.ContainsFunc(test.bad, func(bad string) bool {
					return strings.HasPrefix(name, bad) && out.Reason == "no "+bad
				})) {
					t.Errorf("%s: %+v, want its own reason and the commit that undid it", name, out)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("how the changes ended (-want +got):\n%s", diff)
			}
			left := b.names(t, "prometheus")
			slices.Sort(left)
			slices.Sort(names)
			if diff := cmp.Diff(names, left); diff != "" {
				t.Errorf("rulebook (-want +got):\n%s", diff)
			}
			for _, bad := range test.bad {
				if b.prometheus.Published("ops/"+bad+".yaml") != nil {
					t.Errorf("%s is left where the ruler reads it", bad)
				}
			}
			if waiting := b.Status(t.Context()).Waiting; len(waiting) != 0 {
				t.Errorf("still waiting: %+v", waiting)
			}
		})
	}
}

func TestWhoWaitsBehindARulerThatHangsIsAnswered(t *testing.T) {
	b := newBench(t)
	b.LiveTimeout = 200 * time.Millisecond
	release := make(chan struct{})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error { <-release; return nil }
	})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			out := b.Apply(t.Context(), request(fmt.Sprint("r", i)), nodeDown(fmt.Sprintf("rule-%d", i)))
			if out.State != rules.Pending || out.Revision == "" || !strings.Contains(out.Reason, "busy") {
				t.Errorf("change %d: %+v, want it committed and pending", i, out)
			}
		})
	}
	wg.Wait()
	close(release)
	b.run(t)
	for range 4 {
		if w := b.waitSettled(t); w.Outcome.State != rules.Live {
			t.Errorf("settled %+v, want it live once the ruler answers", w)
		}
	}
}

func TestARefusalThatComesAfterTheAnswerIsUndoneAndTold(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	release := make(chan struct{})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(published map[string]rules.RuleFile) error {
			<-release
			if _, bad := published["ops/bad.yaml"]; bad {
				return &rules.Error{Kind: rules.Refused, Text: "no"}
			}
			return nil
		}
	})
	b.LiveTimeout = 200 * time.Millisecond
	if out := b.Apply(t.Context(), request("r1"), nodeDown("bad")); out.State != rules.Pending {
		t.Fatalf("outcome %+v, want pending", out)
	}
	close(release)
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Reverted || w.Outcome.Reason != "no" {
		t.Errorf("settled %+v, want it undone", w)
	}
	if names := b.names(t, ""); !slices.Equal(names, []string{"good"}) {
		t.Errorf("rulebook has %q", names)
	}
}

func TestTheServiceEndsWhileChangesAreBrought(t *testing.T) {
	b := newBench(t)
	b.LiveTimeout = time.Hour
	hanging, release := make(chan struct{}), make(chan struct{})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error {
			<-release
			return &rules.Error{Kind: rules.Unreachable, Text: "killed here"}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { _ = b.Run(ctx); close(ended) }()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var waiting []rules.Waiting
	for i := range 8 {
		wg.Go(func() {
			req := request(fmt.Sprint("r", i))
			out := b.Apply(t.Context(), req, nodeDown(fmt.Sprintf("rule-%d", i)))
			if out.State != rules.Pending || !strings.Contains(out.Reason, "stopped") && !strings.Contains(out.Reason, "killed") {
				t.Errorf("change %d: %+v, want pending because the service stops", i, out)
			}
			mu.Lock()
			defer mu.Unlock()
			waiting = append(waiting, rules.Waiting{Request: req, Outcome: out, Since: time.Now()})
		})
	}
	go func() {
		await(t, func() bool { return len(b.store.Commits()) == 8 })
		cancel()
		close(release)
		close(hanging)
	}()
	wg.Wait()
	<-hanging
	<-ended
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = nil })
	b.start()
	b.Watch(waiting...)
	b.run(t)
	for range 8 {
		if w := b.waitSettled(t); w.Outcome.State != rules.Live {
			t.Errorf("settled %+v, want it live after the restart", w)
		}
	}
}
