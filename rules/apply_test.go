package rules_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// bench is an applier over a rulebook in memory and two rulers that behave until told otherwise.
type bench struct {
	*rules.Applier
	store      *rulestest.Store
	prometheus *rulestest.Ruler
	loki       *rulestest.Ruler
	settled    chan rules.Waiting
	settling   func(request string)      // is called before settled is told; nil: nothing is
	answering  func(request string) bool // whose command is being worked on; nil: nobody's
	steps      *stepLog
	pushes     chan rules.ExternalPush
	panics     *stepLog // the jobs that panicked
	external   func(rules.ExternalPush)
	remembered sync.Map // what was accepted, good and told: it outlives the applier
	irregular  func(revision string) []rules.Problem
	examine    func(ruler string, entries []rules.Entry) []rules.Finding
	lint       func(before, after *rules.Book, refs []rules.Ref) []rules.Finding
	whenDue    func(ctx context.Context, own rules.OwnCommand, do func(context.Context, rules.Request) rules.Outcome)
	ahead      atomic.Int64 // of the true time, in nanoseconds, is the service's clock
}

// patience is how long is waited for what has to come: far longer than it takes, also on a slow machine.
const patience = 2 * time.Minute

// now is the service's clock.
func (b *bench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

func (b *bench) remember(what string) func(string) {
	return func(revision string) { b.remembered.Store(what, revision) }
}

func (b *bench) recall(what string) func() string {
	return func() string {
		revision, _ := b.remembered.Load(what)
		text, _ := revision.(string)
		return text
	}
}

type stepLog struct {
	mu    sync.Mutex
	steps []string
}

func (l *stepLog) add(step, ruler string, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, ruler+" "+step)
}

func (l *stepLog) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.steps)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{
		store:      &rulestest.Store{},
		prometheus: rulestest.NewRuler(rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}),
		loki:       rulestest.NewRuler(rules.RulerInfo{Name: "loki", Dialect: expr.LogQL, Dir: "loki"}),
		settled:    make(chan rules.Waiting, 100),
		pushes:     make(chan rules.ExternalPush, 100),
		irregular:  func(string) []rules.Problem { return nil },
		examine:    func(string, []rules.Entry) []rules.Finding { return nil },
		steps:      &stepLog{},
		panics:     &stepLog{},
	}
	b.start()
	return b
}

// start makes a new applier on the same world, as a restart of the service does.
func (b *bench) start() {
	b.Applier = rules.NewApplier(rules.ApplierOptions{
		Store:             b.store,
		Rulers:            []rules.Ruler{b.prometheus, b.loki},
		Page:              page,
		Service:           rules.Person{ID: "alertsmith", Name: "Alertsmith"},
		Now:               b.now,
		LiveTimeout:       20 * time.Second,
		PollInterval:      5 * time.Millisecond,
		ReconcileInterval: time.Hour,
		Step:              b.steps.add,
		Settled: func(_ context.Context, w rules.Waiting) {
			if b.settling != nil {
				b.settling(w.Request.ID)
			}
			b.settled <- w
		},
		Answering:    b.answering,
		LastAccepted: func(ruler string) string { return b.recall(ruler)() },
		Accepted:     func(ruler, revision string) { b.remember(ruler)(revision) },
		LastGood:     b.recall("good"),
		Good:         b.remember("good"),
		LastTold:     b.recall("told"),
		Told:         b.remember("told"),
		LastSeen:     b.recall("seen"),
		Seen:         b.remember("seen"),
		Panicked:     func(job string) { b.panics.add("panicked", job, 0) },
		External: func(_ context.Context, push rules.ExternalPush) {
			if b.external != nil {
				b.external(push)
			}
			b.pushes <- push
		},
		Irregular: func(_ context.Context, revision string) ([]rules.Problem, error) { return b.irregular(revision), nil },
		Examine: func(_ context.Context, ruler string, entries []rules.Entry) []rules.Finding {
			return b.examine(ruler, entries)
		},
		Lint: func(before, after *rules.Book, refs []rules.Ref) []rules.Finding {
			if b.lint == nil {
				return nil
			}
			return b.lint(before, after, refs)
		},
		Own: func(ctx context.Context, own rules.OwnCommand, do func(context.Context, rules.Request) rules.Outcome) {
			if b.whenDue != nil {
				b.whenDue(ctx, own, do)
			} else {
				do(ctx, own.Request)
			}
		},
		Logger: slog.New(slog.DiscardHandler),
	})
}

// run follows the rulers in the background until the test ends.
func (b *bench) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Run(ctx) })
	t.Cleanup(func() { cancel(); wg.Wait() })
}

func page(tree rules.Tree, e rules.PageEntry) (string, []byte, error) {
	old, _ := tree.Read("journal/page.md")
	return "journal/page.md", fmt.Appendf(slices.Clone(old), "%s %s %s\n", e.Action, e.Change.Subject, e.Request.ID), nil
}

func request(id string) rules.Request {
	return rules.Request{ID: id, Time: time.Date(2026, 11, 21, 2, 0, 0, 0, time.UTC), Actor: rules.Person{ID: "u1", Name: "alice"}, Channel: rules.Place{ID: "c1", Name: "ops"}, Command: "add x"}
}

func nodeDown(name string) rules.Add {
	return rules.Add{Name: name, Expr: "up == 0", Channel: "ops"}
}

func (b *bench) names(t *testing.T, ruler string) []string {
	t.Helper()
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range book.Entries(ruler) {
		names = append(names, e.Ref.Name)
	}
	return names
}

func (b *bench) waitSettled(t *testing.T) rules.Waiting {
	t.Helper()
	select {
	case w := <-b.settled:
		return w
	case <-time.After(patience):
		t.Fatalf("nothing settled; status %+v", b.Status(t.Context()))
		return rules.Waiting{}
	}
}

func TestApplyWalksThePathToLive(t *testing.T) {
	b := newBench(t)
	out := b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	if out.Err != nil || out.Result != rules.Success || out.State != rules.Live || out.Ruler != "prometheus" {
		t.Fatalf("outcome %+v, want a live success at prometheus", out)
	}
	if want := []string{"prometheus planned", "prometheus committed", "prometheus published", "prometheus reloaded", "prometheus live"}; !slices.Equal(b.steps.all(), want) {
		t.Errorf("steps %q, want %q", b.steps.all(), want)
	}
	commits := b.store.Commits()
	if len(commits) != 1 {
		t.Fatalf("%d commits, want 1", len(commits))
	}
	wantTrailers := []rules.Trailer{{Key: "Alert", Value: "node-down"}, {Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: "add"}, {Key: "Actor", Value: "alice u1"}, {Key: "Channel", Value: "ops c1"}, {Key: "Request-Id", Value: "r1"}}
	if diff := cmp.Diff(wantTrailers, commits[0].Trailers); diff != "" {
		t.Errorf("trailers (-want +got):\n%s", diff)
	}
	if commits[0].Subject != "add node-down" || commits[0].Author.Name != "alice" {
		t.Errorf("subject %q by %q", commits[0].Subject, commits[0].Author.Name)
	}
	if len(commits[0].Files) != 2 || commits[0].Files["journal/page.md"] == nil || commits[0].Files["prometheus/ops/node-down.yaml"] == nil {
		t.Errorf("files of the commit: %v, want the rule file and the journal page", commits[0].Files)
	}
	if got, want := b.prometheus.Published("ops/node-down.yaml"), commits[0].Files["prometheus/ops/node-down.yaml"]; !bytes.Equal(got, want) {
		t.Errorf("published %q, committed %q", got, want)
	}
}

func TestApplyRefusesBeforeAnythingIsWritten(t *testing.T) {
	b := newBench(t)
	for name, intent := range map[string]rules.Intent{
		"a broken expression": rules.Add{Name: "x", Expr: "up ==", Channel: "ops"},
		"an unknown rule":     rules.Delete{Address: "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			out := b.Apply(t.Context(), request("r1"), intent)
			if out.Result != rules.ValidationError || out.Err == nil || out.Revision != "" {
				t.Errorf("outcome %+v, want a validation error and no commit", out)
			}
		})
	}
	if n := len(b.store.Commits()); n != 0 {
		t.Errorf("%d commits, want none", n)
	}
	if calls := b.prometheus.Calls(); len(calls) != 0 {
		t.Errorf("the ruler was asked to %q", calls)
	}
}

func TestApplyDeletes(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	out := b.Apply(t.Context(), request("r2"), rules.Delete{Address: "node-down"})
	if out.Err != nil || out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	if names := b.names(t, ""); len(names) != 0 {
		t.Errorf("still there: %q", names)
	}
	if b.prometheus.Published("ops/node-down.yaml") != nil {
		t.Error("the file is still published")
	}
}

func TestApplyUndoesWhatTheRulerRefuses(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r1"), nodeDown("good"))
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(published map[string]rules.RuleFile) error {
			if _, bad := published["ops/bad.yaml"]; bad {
				return &rules.Error{Kind: rules.Refused, Text: "prometheus says no"}
			}
			return nil
		}
	})
	out := b.Apply(t.Context(), request("r2"), nodeDown("bad"))
	if out.Result != rules.Success || out.State != rules.Reverted || out.Reason != "prometheus says no" || out.Undone == "" || out.Undone == out.Revision {
		t.Fatalf("outcome %+v, want a reverted change with both commits and the reason", out)
	}
	if b.prometheus.Published("ops/bad.yaml") != nil || b.prometheus.Published("ops/good.yaml") == nil {
		t.Error("the old files were not put back")
	}
	if names := b.names(t, "prometheus"); !slices.Equal(names, []string{"good"}) {
		t.Errorf("rulebook has %q, want only the good rule", names)
	}
	commits := b.store.Commits()
	last := commits[len(commits)-1]
	if len(commits) != 3 || last.Subject != "undo add bad" || last.Author.Name != "Alertsmith" {
		t.Errorf("%d commits, the last %q by %q", len(commits), last.Subject, last.Author.Name)
	}
	if !strings.Contains(string(last.Files["journal/page.md"]), "undo") {
		t.Error("the undo has no journal entry")
	}
}

// A commit that somebody else pushed, with the id of a request in its message, is none of that request: what the ruler refuses is undone all the same, and as our
// commit did it.
func TestTheUndoOfWhatTheRulerRefusesGoesByCommitsOfOurs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Ours = func(_ context.Context, c rules.PastCommit) (bool, error) { return c.Author.Name != "mallory", nil }
	b.Apply(t.Context(), request("r1"), nodeDown("good"))
	b.prometheus.Set(func(r *rulestest.Ruler) {
		forged := false
		r.OnReload = func(published map[string]rules.RuleFile) error {
			if _, bad := published["ops/bad.yaml"]; !bad {
				return nil
			}
			if !forged {
				forged = true
				b.store.Commit(rules.Commit{Author: rules.Person{Name: "mallory"}, Subject: "forged", Trailers: []rules.Trailer{{Key: "Request-Id", Value: "r2"}}, Files: map[string][]byte{"notes.md": []byte("x")}})
			}
			return &rules.Error{Kind: rules.Refused, Text: "prometheus says no"}
		}
	})
	if out := b.Apply(t.Context(), request("r2"), nodeDown("bad")); out.State != rules.Reverted {
		t.Errorf("outcome %+v, want it reverted", out)
	}
	if names := b.names(t, "prometheus"); !slices.Equal(names, []string{"good"}) {
		t.Errorf("rulebook has %q, want only the good rule", names)
	}
}

func TestApplyDoesNotBlameTheChangeForAnotherFault(t *testing.T) {
	b := newBench(t)
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error {
			return &rules.Error{Kind: rules.Refused, Text: "prometheus.yml is broken"}
		}
	})
	out := b.Apply(t.Context(), request("r1"), nodeDown("fine"))
	if out.State != rules.Pending || !strings.Contains(out.Reason, "with and without this change") {
		t.Fatalf("outcome %+v, want pending: the fault is elsewhere", out)
	}
	if len(b.store.Commits()) != 1 {
		t.Error("the change was undone")
	}
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = nil })
	b.run(t)
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
		t.Errorf("settled %+v, want the change live once the ruler is well", w)
	}
}

// refuses makes a ruler refuse whatever holds a rule of this name.
func refuses(name string) func(*rulestest.Ruler) {
	return func(r *rulestest.Ruler) {
		r.OnPublish = nil
		r.OnReload = func(published map[string]rules.RuleFile) error {
			for _, file := range published {
				if strings.Contains(string(file.Content), "alert: "+name+"\n") {
					return &rules.Error{Kind: rules.Refused, Text: "no " + name}
				}
			}
			return nil
		}
	}
}

func down(r *rulestest.Ruler) {
	r.OnPublish = func() error { return &rules.Error{Kind: rules.Unreachable, Text: "down"} }
}

func TestOnlyTheCulpritAmongThoseWhoWaitedIsUndone(t *testing.T) {
	inGroup := func(name string) rules.Add {
		add := nodeDown(name)
		add.Options.Group = "shared"
		return add
	}
	for name, changes := range map[string][]rules.Add{
		"in files of their own, the culprit last":     {nodeDown("innocent"), nodeDown("bad")},
		"in files of their own, the culprit first":    {nodeDown("bad"), nodeDown("innocent")},
		"in one file, the culprit last":               {inGroup("innocent"), inGroup("bad")},
		"in one file, the culprit first":              {inGroup("bad"), inGroup("innocent")},
		"in one file, the culprit between the others": {inGroup("first"), inGroup("bad"), inGroup("innocent")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.Apply(t.Context(), request("r0"), nodeDown("good"))
			b.prometheus.Set(down)
			want := map[string]rules.State{}
			for _, change := range changes {
				want[change.Name] = rules.Live
				if out := b.Apply(t.Context(), request(change.Name), change); out.State != rules.Pending {
					t.Fatalf("%s: %+v, want pending", change.Name, out)
				}
			}
			want["bad"] = rules.Reverted
			b.prometheus.Set(refuses("bad"))
			b.run(t)
			got := map[string]rules.State{}
			for range changes {
				w := b.waitSettled(t)
				got[w.Request.ID] = w.Outcome.State
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("how the changes ended (-want +got):\n%s", diff)
			}
			if names := b.names(t, "prometheus"); slices.Contains(names, "bad") || !slices.Contains(names, "innocent") || !slices.Contains(names, "good") {
				t.Errorf("rulebook has %q, want all but the bad one", names)
			}
		})
	}
}

func TestAChangeIsNotBlamedForOneThatWaitedBeforeIt(t *testing.T) {
	b := newBench(t)
	b.prometheus.Set(down)
	b.Apply(t.Context(), request("r1"), nodeDown("bad"))
	b.prometheus.Set(refuses("bad"))
	if out := b.Apply(t.Context(), request("r2"), nodeDown("innocent")); out.State != rules.Live {
		t.Errorf("outcome %+v, want live", out)
	}
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Reverted || w.Outcome.Undone == "" {
		t.Errorf("settled %+v, want the culprit undone", w)
	}
}

func TestWhatARulerRefusesOfAPushIsHeldAndTheRestIsFollowed(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	old := string(b.prometheus.Published("ops/good.yaml"))
	b.prometheus.Set(refuses("bad"))
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{
		"prometheus/ops/good.yaml":  []byte(strings.Replace(old, "alert: good", "alert: bad", 1)),
		"prometheus/ops/other.yaml": []byte(strings.ReplaceAll(old, "good", "other")),
	}})
	b.run(t)
	await(t, func() bool {
		return b.prometheus.Published("ops/other.yaml") != nil && b.Status(t.Context()).Rulers[0].Err != nil
	})
	if got := string(b.prometheus.Published("ops/good.yaml")); got != old {
		t.Errorf("the refused file is published as %q, want what the ruler took last", got)
	}
	if err := b.Status(t.Context()).Rulers[0].Err; !strings.Contains(err.Error(), "prometheus/ops/good.yaml") || !strings.Contains(err.Error(), "no bad") {
		t.Errorf("status says %v, want the file and the reason", err)
	}
	if out := b.Apply(t.Context(), request("r1"), nodeDown("more")); out.State != rules.Live {
		t.Errorf("a change elsewhere: %+v, want live", out)
	}
	b.store.Commit(rules.Commit{Subject: "mended", Files: map[string][]byte{"prometheus/ops/good.yaml": []byte(strings.Replace(old, "up == 0", "up == 2", 1))}})
	if out := b.Apply(t.Context(), request("r2"), nodeDown("last")); out.State != rules.Live {
		t.Errorf("after the mending: %+v", out)
	}
	if got := string(b.prometheus.Published("ops/good.yaml")); !strings.Contains(got, "up == 2") {
		t.Errorf("the mended file is not followed: %q", got)
	}
}

func TestAHeldFileStaysHeldWhenAChangeIsUndone(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	old := string(b.prometheus.Published("ops/good.yaml"))
	b.prometheus.Set(refuses("bad"))
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/good.yaml": []byte(strings.Replace(old, "alert: good", "alert: bad", 1))}})
	if out := b.Apply(t.Context(), request("r1"), nodeDown("innocent")); out.State != rules.Live {
		t.Fatalf("beside the held file: %+v, want live", out)
	}
	for _, id := range []string{"r2", "r3"} {
		add := nodeDown("bad")
		add.Options.Group = id
		if out := b.Apply(t.Context(), request(id), add); out.State != rules.Reverted {
			t.Errorf("%s: %+v, want it undone", id, out)
		}
	}
	if got := string(b.prometheus.Published("ops/good.yaml")); got != old {
		t.Errorf("the held file is published as %q, want what the ruler took last", got)
	}
	if b.prometheus.Published("ops/innocent.yaml") == nil {
		t.Error("the innocent change is not published any more")
	}
}

func TestAFaultThatPassesHoldsNoFile(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	reloads := 0
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error {
			if reloads++; reloads == 1 {
				return &rules.Error{Kind: rules.Refused, Text: "prometheus.yml is broken"}
			}
			return nil
		}
	})
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/pushed.yaml": []byte("groups:\n  - name: x\n    rules:\n      - alert: pushed\n        expr: up == 0\n")}})
	b.run(t)
	await(t, func() bool {
		s := b.Status(t.Context()).Rulers[0]
		return s.Rules == 2 && s.Running == 2 && s.Err == nil
	})
}

func TestWhatARulerTookLastIsKnownAfterARestart(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	b.prometheus.Set(refuses("bad"))
	bad := []byte("groups:\n  - name: x\n    rules:\n      - alert: bad\n        expr: up == 0\n")
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/bad.yaml": bad}})
	b.start()
	b.run(t)
	await(t, func() bool { return b.Status(t.Context()).Rulers[0].Err != nil })
	if b.prometheus.Published("ops/bad.yaml") != nil || b.prometheus.Published("ops/good.yaml") == nil {
		t.Error("the refused file is left where the ruler reads it, or the good one is gone")
	}
}

func TestAChangeThatCameWhileTheRulerWasAskedIsNotOvertakenByWhatWasThereBefore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	was := b.Apply(t.Context(), request("r1"), nodeDown("x"))
	path := "prometheus/" + was.Refs[0].Path
	commit := sync.OnceFunc(func() {
		head, _ := b.store.Head(t.Context())
		old, err := head.Read(path)
		if err != nil {
			t.Error(err)
		}
		later := b.store.Commit(rules.Commit{Subject: "edit x", Files: map[string][]byte{path: bytes.Replace(old, []byte("up == 0"), []byte("up == 1"), 1)}})
		b.Watch(rules.Waiting{Request: request("r2"), Outcome: rules.Outcome{Ruler: "prometheus", Refs: was.Refs, Revision: later.Revision(), State: rules.Pending}})
	})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			commit()
			return running, nil
		}
	})
	b.run(t)
	if w := b.waitSettled(t); w.Request.ID != "r2" || w.Outcome.State != rules.Live {
		t.Errorf("settled %s as %s, %q; want r2 live", w.Request.ID, w.Outcome.State, w.Outcome.Reason)
	}
}

func TestAChangeThatALaterOneTookOutIsNotLive(t *testing.T) {
	b := newBench(t)
	b.prometheus.Set(down)
	b.Apply(t.Context(), request("r1"), nodeDown("x"))
	b.Apply(t.Context(), request("r2"), rules.Delete{Address: "x"})
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = nil })
	b.run(t)
	got := map[string]rules.State{}
	for range 2 {
		w := b.waitSettled(t)
		got[w.Request.ID] = w.Outcome.State
	}
	if diff := cmp.Diff(map[string]rules.State{"r1": rules.Superseded, "r2": rules.Live}, got); diff != "" {
		t.Errorf("how the changes ended (-want +got):\n%s", diff)
	}
}

func TestAFailingEvaluationIsNoReasonToReload(t *testing.T) {
	b := newBench(t)
	b.ReconcileInterval = time.Millisecond
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			for i := range running {
				running[i].Health = "err"
			}
			return running, nil
		}
	})
	b.Apply(t.Context(), request("r1"), nodeDown("x"))
	b.run(t)
	publications := func() (n int) {
		for _, call := range b.prometheus.Calls() {
			if call == "publish" {
				n++
			}
		}
		return n
	}
	await(t, func() bool { return publications() > 5 })
	if calls := b.prometheus.Calls(); len(calls)-publications() > 1 {
		t.Errorf("calls %q, want one reload", calls)
	}
}

func TestTheStatusFollowsAChange(t *testing.T) {
	b := newBench(t)
	b.run(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	b.Apply(t.Context(), request("r1"), nodeDown("x"))
	await(t, func() bool {
		s := b.Status(t.Context()).Rulers[0]
		return s.Rules == 1 && s.Running == 1 && s.Files == 1
	})
}

func TestTheStatusCountsNoFileThatIsNotPublished(t *testing.T) {
	b := newBench(t)
	good := []byte("groups:\n- name: g\n  rules:\n  - alert: x\n    expr: up == 0\n")
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/good.yaml": good, "prometheus/ops/torn.yaml": []byte("groups: [")}})
	b.run(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	status := b.Status(t.Context())
	if s := status.Rulers[0]; s.Files != 1 || s.Rules != 1 || len(status.Problems) != 1 {
		t.Errorf("%d files, %d rules and problems %v, want 1, 1 and one", s.Files, s.Rules, status.Problems)
	}
}

func TestWhatWasPublishedAndNeverReadIsReadAtTheNextStart(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("x"))
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error { return errors.New("killed here") }
	})
	b.Apply(t.Context(), request("r1"), rules.Delete{Address: "x"})
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnReload = nil })
	b.start()
	b.run(t)
	await(t, func() bool {
		running, err := b.prometheus.Running(t.Context())
		return err == nil && len(running) == 0
	})
}

func TestAFaultThatPassesBlamesNobody(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	reloads := 0
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error {
			if reloads++; reloads == 1 { // while somebody mends it
				return &rules.Error{Kind: rules.Refused, Text: "prometheus.yml is broken"}
			}
			return nil
		}
	})
	if out := b.Apply(t.Context(), request("r1"), nodeDown("innocent")); out.State != rules.Live {
		t.Errorf("outcome %+v, want live", out)
	}
	if n := len(b.store.Commits()); n != 2 {
		t.Errorf("%d commits, want no undo", n)
	}
}

func TestARuleThatNoRulerWouldReadIsNotCommitted(t *testing.T) {
	b := newBench(t)
	out := b.Apply(t.Context(), request("r1"), stray{})
	if out.Result != rules.Failed || len(b.store.Commits()) != 0 {
		t.Errorf("outcome %+v and %d commits, want a failure and none", out, len(b.store.Commits()))
	}
}

// stray is an intent that writes beside what rulers read.
type stray struct{}

func (stray) Action() string { return "stray" }

func (stray) Plan(*rules.Book) (rules.Change, error) {
	return rules.Change{Ruler: "prometheus", Files: map[string][]byte{"prometheus/ops/.hidden.yaml": []byte("groups: []")}, Subject: "stray"}, nil
}

func TestAnEndedContextChangesNothing(t *testing.T) {
	b := newBench(t)
	release, hanging := make(chan struct{}), make(chan struct{})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error { close(hanging); <-release; return nil }
	})
	done := make(chan rules.Outcome, 1)
	go func() { done <- b.Apply(t.Context(), request("r1"), nodeDown("slow")) }()
	<-hanging
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if out := b.Apply(ctx, request("r2"), nodeDown("late")); out.Result != rules.Failed || out.Revision != "" {
		t.Errorf("outcome %+v, want a failure with nothing changed", out)
	}
	close(release)
	<-done
	if names := b.names(t, ""); !slices.Equal(names, []string{"slow"}) {
		t.Errorf("rulebook has %q", names)
	}
}

func TestApplyIsNotLiveBecauseTheRulerSaysSo(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		misbehave func(*rulestest.Ruler)
		state     rules.State
		reason    string
	}{
		"reload answers and loads nothing": {func(r *rulestest.Ruler) { r.Lie = true }, rules.NotLoaded, "does not list"},
		"never evaluated": {func(r *rulestest.Ruler) {
			r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
				for i := range running {
					running[i].Health, running[i].LastEvaluation = "unknown", time.Time{}
				}
				return running, nil
			}
		}, rules.Pending, "not evaluated it yet"},
		"evaluation fails": {func(r *rulestest.Ruler) {
			r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
				for i := range running {
					running[i].Health, running[i].LastError = "err", "many-to-many matching"
				}
				return running, nil
			}
		}, rules.NotLoaded, "many-to-many matching"},
		"another expression": {func(r *rulestest.Ruler) {
			r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
				for i := range running {
					running[i].Rule.Expr = "up == 1"
				}
				return running, nil
			}
		}, rules.NotLoaded, "another version"},
		"not reachable": {func(r *rulestest.Ruler) {
			r.OnReload = func(map[string]rules.RuleFile) error {
				return &rules.Error{Kind: rules.Unreachable, Text: "connection refused"}
			}
		}, rules.Pending, "connection refused"},
		"takes no reload order": {func(r *rulestest.Ruler) {
			r.Lie = true
			r.OnReload = func(map[string]rules.RuleFile) error {
				return &rules.Error{Kind: rules.ReloadOff, Text: "start it with --web.enable-lifecycle"}
			}
		}, rules.Pending, "--web.enable-lifecycle"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.LiveTimeout = 2 * time.Second
			b.prometheus.Set(test.misbehave)
			out := b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
			if out.Result != rules.Success || out.State != test.state || !strings.Contains(out.Reason, test.reason) {
				t.Fatalf("outcome %+v, want %s because %q", out, test.state, test.reason)
			}
			if waiting := b.Status(t.Context()).Waiting; len(waiting) != 1 || waiting[0].Request.ID != "r1" {
				t.Errorf("waiting: %+v, want this change", waiting)
			}
			b.prometheus.Set(func(r *rulestest.Ruler) { r.Lie, r.OnReload, r.OnRunning = false, nil, nil })
			b.run(t)
			if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
				t.Errorf("settled %+v, want this change live", w)
			}
		})
	}
}

// rewrite is an intent that replaces the expression of a rule that is there.
type rewrite struct{ from, to string }

func (rewrite) Action() string { return "rewrite" }

func (r rewrite) Plan(book *rules.Book) (rules.Change, error) {
	entry := book.Entries("prometheus")[0]
	content := book.RuleFiles("prometheus")[0].Content
	return rules.Change{
		Ruler:   "prometheus",
		Files:   map[string][]byte{"prometheus/" + entry.Ref.Path: []byte(strings.Replace(string(content), r.from, r.to, 1))},
		Refs:    []rules.Ref{entry.Ref},
		Subject: "rewrite",
	}, nil
}

func TestAnOldEvaluationIsNotTheChanges(t *testing.T) {
	b := newBench(t)
	evaluated := time.Unix(1000, 0)
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			for i := range running {
				running[i].LastEvaluation = evaluated
			}
			return running, nil
		}
	})
	if out := b.Apply(t.Context(), request("r1"), nodeDown("node-down")); out.State != rules.Live {
		t.Fatalf("a rule that was not there has no old evaluation: %+v", out)
	}
	b.LiveTimeout = 2 * time.Second
	if out := b.Apply(t.Context(), request("r2"), rewrite{"up == 0", "up == 1"}); out.State != rules.Pending || !strings.Contains(out.Reason, "not evaluated it yet") {
		t.Errorf("the evaluation was before the change: %+v, want pending", out)
	}
	b.prometheus.Set(func(*rulestest.Ruler) { evaluated = time.Unix(1001, 0) })
	if out := b.Apply(t.Context(), request("r3"), rewrite{"up == 1", "up == 2"}); out.State != rules.Pending {
		t.Errorf("the evaluation was before this change as well: %+v, want pending", out)
	}
}

func TestAPlanThatLosesItsRaceRunsAgain(t *testing.T) {
	b := newBench(t)
	once := sync.OnceFunc(func() {
		b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/other.yaml": []byte("groups:\n  - name: other\n    rules:\n      - alert: Other\n        expr: up == 0\n")}})
	})
	b.store.BeforeCommit = func(*rulestest.Store) { once() }
	out := b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	if names := b.names(t, ""); !slices.Equal(names, []string{"node-down", "Other"}) {
		t.Errorf("rulebook has %q, want both", names)
	}
	if b.prometheus.Published("ops/other.yaml") == nil {
		t.Error("what the other committed is not published with ours")
	}
}

func TestABadFileOfSomebodyElseStopsNobody(t *testing.T) {
	b := newBench(t)
	b.store.Commit(rules.Commit{Subject: "by hand", Files: map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: [{name: x, rules: [{alert: A, expr: 'up =='}]}]\n")}})
	out := b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	if out.Err != nil || out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	if b.prometheus.Published("ops/bad.yaml") != nil {
		t.Error("the bad file was published")
	}
	if problems := b.Status(t.Context()).Problems; len(problems) != 1 || problems[0].Path != "prometheus/ops/bad.yaml" {
		t.Errorf("problems %+v, want the bad file's", problems)
	}
}

func TestWhoWaitsIsToldWhenTheServiceEnds(t *testing.T) {
	b := newBench(t)
	b.LiveTimeout = time.Hour
	b.prometheus.Set(func(r *rulestest.Ruler) { r.Lie = true })
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { _ = b.Run(ctx); close(ended) }()
	done := make(chan rules.Outcome, 1)
	go func() { done <- b.Apply(t.Context(), request("r1"), nodeDown("node-down")) }()
	for len(b.store.Commits()) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if out := <-done; out.State != rules.Pending || !strings.Contains(out.Reason, "stopped") {
		t.Errorf("outcome %+v, want pending because the service stops", out)
	}
	<-ended
}

func TestANameThatIsTakenHoldsUpOnlyItsFile(t *testing.T) {
	b := newBench(t)
	b.prometheus.Set(func(r *rulestest.Ruler) { r.Taken = []string{"ops/taken.yaml"} })
	out := b.Apply(t.Context(), request("r1"), nodeDown("taken"))
	if out.State != rules.Pending || !strings.Contains(out.Reason, "taken: ops.taken.yaml") {
		t.Errorf("outcome %+v, want pending because the name is taken", out)
	}
	if out := b.Apply(t.Context(), request("r2"), nodeDown("free")); out.State != rules.Live {
		t.Errorf("another file's change: %+v, want live", out)
	}
	b.prometheus.Set(func(r *rulestest.Ruler) { r.Taken = nil })
	b.run(t)
	if w := b.waitSettled(t); w.Request.ID != "r1" || w.Outcome.State != rules.Live {
		t.Errorf("settled %+v, want r1 live once the name is free", w)
	}
}

func TestARulerThatHangsHoldsUpNoOther(t *testing.T) {
	b := newBench(t)
	release := make(chan struct{})
	hanging := make(chan struct{})
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnReload = func(map[string]rules.RuleFile) error { close(hanging); <-release; return nil }
	})
	done := make(chan rules.Outcome, 1)
	go func() { done <- b.Apply(t.Context(), request("r1"), nodeDown("slow")) }()
	<-hanging
	out := b.Apply(t.Context(), request("r2"), rules.Add{Name: "quick", Log: &rules.LogForm{Label: "sshd", Pattern: "Ban", Time: "5m"}, Channel: "ops"})
	if out.Err != nil || out.State != rules.Live {
		t.Errorf("the other ruler's change: %+v", out)
	}
	close(release)
	if out := <-done; out.State != rules.Live {
		t.Errorf("the slow ruler's change: %+v", out)
	}
}

func TestConcurrentChangesAreAllThereOnce(t *testing.T) {
	b := newBench(t)
	b.run(t)
	const n = 24
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			out := b.Apply(t.Context(), request(fmt.Sprint("r", i)), nodeDown(fmt.Sprintf("rule-%02d", i)))
			if out.Err != nil || out.State != rules.Live {
				t.Errorf("change %d: %+v", i, out)
			}
		})
	}
	wg.Wait()
	if names := b.names(t, "prometheus"); len(names) != n {
		t.Errorf("%d rules, want %d: %q", len(names), n, names)
	}
	if commits := len(b.store.Commits()); commits != n {
		t.Errorf("%d commits, want %d", commits, n)
	}
}

func TestAfterARestartPendingChangesAreFollowedUp(t *testing.T) {
	b := newBench(t)
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnPublish = func() error { return &rules.Error{Kind: rules.Unreachable, Text: "down"} }
	})
	out := b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	if out.State != rules.Pending {
		t.Fatalf("outcome %+v", out)
	}
	b.start()
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnPublish = nil })
	b.Watch(rules.Waiting{Request: request("r1"), Outcome: out, Since: time.Now()})
	b.run(t)
	if w := b.waitSettled(t); w.Outcome.State != rules.Live {
		t.Errorf("settled %+v", w)
	}
	await(t, func() bool {
		status := b.Status(t.Context())
		return status.Reconciled && status.Rulers[0].Running == 1 && len(status.Waiting) == 0
	})
}

func TestARefusalThatTheServiceDidNotSurviveIsUndoneAtTheNextStart(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r0"), nodeDown("good"))
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnPublish = func() error { return errors.New("killed here") }
	})
	out := b.Apply(t.Context(), request("r1"), nodeDown("bad"))
	b.start()
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnPublish = nil
		r.OnReload = func(published map[string]rules.RuleFile) error {
			if _, bad := published["ops/bad.yaml"]; bad {
				return &rules.Error{Kind: rules.Refused, Text: "no"}
			}
			return nil
		}
	})
	b.Watch(rules.Waiting{Request: request("r1"), Outcome: out, Since: time.Now()})
	b.run(t)
	if w := b.waitSettled(t); w.Outcome.State != rules.Reverted {
		t.Errorf("settled %+v, want it undone", w)
	}
	if names := b.names(t, ""); !slices.Equal(names, []string{"good"}) {
		t.Errorf("rulebook has %q", names)
	}
}

func TestAHandEditedLiveDirectoryIsRepaired(t *testing.T) {
	b := newBench(t)
	b.Apply(t.Context(), request("r1"), nodeDown("node-down"))
	if _, err := b.prometheus.Publish(t.Context(), nil); err != nil { // somebody empties it
		t.Fatal(err)
	}
	if err := b.prometheus.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.run(t)
	await(t, func() bool { return b.prometheus.Published("ops/node-down.yaml") != nil })
}

// await waits until something holds.
func await(t *testing.T, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came true")
		}
	}
}
