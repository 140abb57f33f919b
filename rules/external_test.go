package rules_test

import (
	"context"
	"errors"
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

// fileOf is a rule file as somebody writes it by hand.
func fileOf(expression string, names ...string) []byte {
	text := []byte("groups:\n  - name: " + names[0] + "\n    rules:\n")
	for _, name := range names {
		text = fmt.Appendf(text, "      - alert: %s\n        expr: %s\n", name, expression)
	}
	return text
}

// push commits beside Alertsmith, as carol does.
func (b *bench) push(t *testing.T, subject string, files map[string][]byte) string {
	t.Helper()
	return b.store.Commit(rules.Commit{Author: rules.Person{Name: "carol"}, Subject: subject, Files: files}).Revision()
}

// withOld is session of a rulebook that was adopted with the rule "old", once that is live.
func (b *bench) withOld(t *testing.T) (stop func()) {
	t.Helper()
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old")})
	stop = b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
	return stop
}

// session follows the rulers until stop.
func (b *bench) session(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = b.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

// adopt gives the rulebook one good file and has it applied.
func (b *bench) adopt(t *testing.T) (stop func()) {
	t.Helper()
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old"), "prometheus/ops/gone.yaml": fileOf("up == 0", "gone")})
	stop = b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
	return stop
}

func (b *bench) waitPush(t *testing.T) rules.ExternalPush {
	t.Helper()
	select {
	case p := <-b.pushes:
		return p
	case <-time.After(patience):
		t.Fatalf("nobody was told of a push; status %+v", b.Status(t.Context()))
		return rules.ExternalPush{}
	}
}

// toldNothing ends a session, which waits for whoever is being told, and fails the test when somebody was told of a push.
func (b *bench) toldNothing(t *testing.T, stop func()) {
	t.Helper()
	stop()
	select {
	case p := <-b.pushes:
		t.Errorf("told of %+v", p)
	default:
	}
}

func subjects(commits []rules.PastCommit) (subjects []string) {
	for _, c := range commits {
		subjects = append(subjects, c.Author.Name+": "+c.Subject)
	}
	return subjects
}

func TestTheFirstRulebookIsAdoptedAsItIs(t *testing.T) {
	b := newBench(t)
	b.push(t, "years of history", map[string][]byte{"prometheus/a.yaml": fileOf("up == 0", "good"), "prometheus/b.yaml": fileOf("up ==", "bad")})
	stop := b.session(t)
	await(t, func() bool { return b.prometheus.Published("a.yaml") != nil && b.recall("good")() != "" })
	status := b.Status(t.Context())
	if status.Held != nil || len(status.Problems) != 1 || status.Problems[0].Path != "prometheus/b.yaml" {
		t.Errorf("held %+v, problems %+v, want the bad file listed and none held", status.Held, status.Problems)
	}
	// And so it stays after a restart, with a good push on top.
	stop()
	b.start()
	b.session(t)
	b.push(t, "one more", map[string][]byte{"prometheus/c.yaml": fileOf("up == 0", "more")})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held != nil || !cmp.Equal(subjects(p.Commits), []string{"carol: one more"}) {
		t.Errorf("told of %+v, want the one push, applied", p)
	}
}

func TestAGoodPushIsAppliedAtOnceAndToldWithItsStateAtTheRulers(t *testing.T) {
	b := newBench(t)
	stop := b.adopt(t)
	b.push(t, "two rules", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new"), "prometheus/ops/gone.yaml": nil})
	b.Moved(t.Context())
	p := b.waitPush(t)
	want := []rules.ExternalChange{{Ruler: "prometheus", State: rules.Live, Rules: []rules.PushedRule{
		{Ref: rules.Ref{Ruler: "prometheus", Path: "ops/gone.yaml", Group: "gone", Name: "gone", Nth: 1}, Gone: true, State: rules.Live},
		{Ref: rules.Ref{Ruler: "prometheus", Path: "ops/new.yaml", Group: "new", Name: "new", Nth: 1}, New: true, State: rules.Live},
	}}}
	if diff := cmp.Diff(want, p.Rulers); diff != "" || p.Held != nil {
		t.Errorf("held %+v, rulers (-want +got):\n%s", p.Held, diff)
	}
	if b.prometheus.Published("ops/new.yaml") == nil || b.prometheus.Published("ops/gone.yaml") != nil {
		t.Error("it is not what the ruler reads")
	}
	b.toldNothing(t, stop)
}

func TestWhatWasPushedToTwoRulersIsLiveWhenItIsAtBoth(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	down := func(r *rulestest.Ruler) {
		r.OnPublish = func() error { return &rules.Error{Kind: rules.Unreachable, Text: "down"} }
	}
	up := func(r *rulestest.Ruler) { r.OnPublish = nil }
	b.prometheus.Set(down)
	b.loki.Set(down)
	logs := []byte("groups:\n  - name: ban\n    rules:\n      - alert: ban\n        expr: count_over_time({job=\"sshd\"} |= \"Ban\" [5m]) > 0\n")
	revision := b.push(t, "two rulers", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new"), "loki/ops/ban.yaml": logs})
	b.Moved(t.Context())
	b.waitPush(t)
	b.Watch(rules.Waiting{Request: rules.Request{ID: "git1", Entry: rules.EntryGit}, Since: time.Now(), Outcome: rules.Outcome{
		Ruler: "prometheus", State: rules.Pending, Revision: revision, Refs: []rules.Ref{
			{Ruler: "prometheus", Path: "ops/new.yaml", Group: "new", Name: "new", Nth: 1}, {Ruler: "loki", Path: "ops/ban.yaml", Group: "ban", Name: "ban", Nth: 1},
		},
	}})
	b.prometheus.Set(up)
	await(t, func() bool {
		return b.prometheus.Published("ops/new.yaml") != nil && len(b.Status(t.Context()).Rulers[0].NotLive) == 0
	})
	select {
	case w := <-b.settled:
		t.Fatalf("settled while loki has not got it: %+v", w)
	default:
	}
	b.loki.Set(up)
	if w := b.waitSettled(t); w.Request.ID != "git1" || w.Outcome.State != rules.Live || b.loki.Published("ops/ban.yaml") == nil {
		t.Errorf("settled %+v", w)
	}
}

func TestTheStatusSaysThatNewerFilesAreOnTheirWay(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	stands := func() rules.RulerStatus { return b.Status(t.Context()).Rulers[0] }
	await(t, func() bool { s := stands(); return s.Running == 2 && !s.Behind })
	b.push(t, "one more", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new")})
	if !stands().Behind {
		t.Error("nobody says that a rule is on its way")
	}
	b.Moved(t.Context())
	await(t, func() bool { s := stands(); return s.Running == 3 && !s.Behind })
	b.waitPush(t)
	b.push(t, "a bad one", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad")})
	b.Moved(t.Context())
	b.waitPush(t)
	if stands().Behind {
		t.Error("what is held is called on its way")
	}
}

// A push that was held is told with the rules that it touched, not with those that commands changed meanwhile, also in a file of both.
func TestAHeldPushIsToldWithoutWhatCommandsChangedMeanwhile(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	b.push(t, "bad", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 1", "old"), "prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/gone.yaml": nil})
	b.Moved(t.Context())
	b.waitPush(t)
	beside := nodeDown("old-too")
	beside.Options.Group = "old"
	for _, intent := range []rules.Intent{nodeDown("elsewhere"), beside, rules.Delete{Address: "bad"}} {
		if out := b.Apply(t.Context(), request(fmt.Sprint(intent)), intent); out.State != rules.Live {
			t.Fatalf("%+v: %+v", intent, out)
		}
	}
	p := b.waitPush(t)
	told := map[string]rules.PushedRule{}
	for _, rule := range p.Rulers[0].Rules {
		told[rule.Ref.Name] = rules.PushedRule{Gone: rule.Gone, State: rule.State}
	}
	want := map[string]rules.PushedRule{"old": {State: rules.Live}, "gone": {Gone: true, State: rules.Live}}
	if diff := cmp.Diff(want, told); diff != "" || p.Held != nil {
		t.Errorf("told of %+v, rules (-want +got):\n%s", p, diff)
	}
}

// A rule that a push moved is told as one: where it stood it is gone, where it stands it is live.
func TestARuleThatAPushMovedIsOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "move", map[string][]byte{"prometheus/ops/old.yaml": nil, "prometheus/web/old.yaml": fileOf("up == 0", "old"), "prometheus/ops/new.yaml": fileOf("up == 5", "new")})
	b.Moved(t.Context())
	was, is := rules.Ref{Ruler: "prometheus", Path: "ops/old.yaml", Group: "old", Name: "old", Nth: 1}, rules.Ref{Ruler: "prometheus", Path: "web/old.yaml", Group: "old", Name: "old", Nth: 1}
	want := []rules.PushedRule{
		{Ref: rules.Ref{Ruler: "prometheus", Path: "ops/new.yaml", Group: "new", Name: "new", Nth: 1}, New: true, State: rules.Live},
		{Ref: was, To: is, Gone: true, State: rules.Live},
		{Ref: is, From: was, State: rules.Live},
	}
	if diff := cmp.Diff(want, b.waitPush(t).Rulers[0].Rules); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a push leaves undone at its ruler is told rule by rule.
func TestAPushIsToldRuleByRule(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			for i, rule := range running {
				if rule.Rule.Alert == "slow" { // nothing that a wait would mend
					running[i].Health, running[i].LastError = "err", "too many samples"
				}
			}
			return running, nil
		}
	})
	b.push(t, "two", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new"), "prometheus/ops/slow.yaml": fileOf("up == 0", "slow"), "prometheus/ops/gone.yaml": nil})
	b.Moved(t.Context())
	states := map[string]rules.State{}
	for _, rule := range b.waitPush(t).Rulers[0].Rules {
		states[rule.Ref.Name] = rule.State
	}
	if diff := cmp.Diff(map[string]rules.State{"new": rules.Live, "gone": rules.Live, "slow": rules.NotLoaded}, states); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What the ruler has not read is told with why, and is not live by what it lists: of a rule whose group alone was changed that is the same.
func TestAPushThatTheRulerHasNotReadIsToldWithWhy(t *testing.T) {
	t.Parallel()
	const live = "LIVE "
	for name, test := range map[string]struct {
		ruler func(*rulestest.Ruler)
		want  map[string]string
	}{
		"it cannot be published": {down, map[string]string{"new": "PENDING down", "old": "PENDING down", "gone": "PENDING down"}},
		"it cannot be published, and the ruler has lost a rule that is to go": {
			func(r *rulestest.Ruler) {
				down(r)
				r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
					return slices.DeleteFunc(running, func(r rules.RunningRule) bool { return r.Rule.Alert == "gone" }), nil
				}
			},
			map[string]string{"new": "PENDING down", "old": "PENDING down", "gone": live},
		},
		"the reload fails": {
			func(r *rulestest.Ruler) {
				r.OnReload = func(map[string]rules.RuleFile) error { return &rules.Error{Kind: rules.Unreachable, Text: "no answer"} }
			},
			map[string]string{"new": "PENDING no answer", "old": "PENDING no answer", "gone": "PENDING no answer"},
		},
		"one file is refused": {refuses("new"), map[string]string{
			"new": "PENDING prometheus refuses prometheus/ops/new.yaml; it keeps what it took of it last: no new", "old": live, "gone": live,
		}},
		"the name of one file is taken": {
			func(r *rulestest.Ruler) { r.Taken = []string{"ops/new.yaml"} },
			map[string]string{"new": "PENDING taken: " + rules.LiveName("ops/new.yaml"), "old": live, "gone": live},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			b.prometheus.Set(test.ruler)
			b.push(t, "three", map[string][]byte{
				"prometheus/ops/new.yaml": fileOf("up == 0", "new"), "prometheus/ops/gone.yaml": nil,
				"prometheus/ops/old.yaml": []byte(strings.Replace(string(fileOf("up == 0", "old")), "    rules:", "    interval: 10s\n    rules:", 1)),
			})
			b.Moved(t.Context())
			told := map[string]string{}
			for _, rule := range b.waitPush(t).Rulers[0].Rules {
				told[rule.Ref.Name] = string(rule.State) + " " + rule.Reason
			}
			if diff := cmp.Diff(test.want, told); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCommitsOfAnotherReplicaAreAppliedAndToldByNobody(t *testing.T) {
	b := newBench(t)
	stop := b.adopt(t)
	b.store.Commit(rules.Commit{Subject: "add there", Trailers: []rules.Trailer{{Key: "Request-Id", Value: "theirs"}}, Files: map[string][]byte{"prometheus/ops/there.yaml": fileOf("up == 0", "there")}})
	b.Moved(t.Context())
	await(t, func() bool { return b.prometheus.Published("ops/there.yaml") != nil })
	b.toldNothing(t, stop)
}

func TestABadPushIsHeldAndTheRestGoesOn(t *testing.T) {
	b := newBench(t)
	stop := b.adopt(t)
	old := string(b.prometheus.Published("ops/old.yaml"))
	b.push(t, "half good", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 1", "old"), "prometheus/ops/gone.yaml": nil})
	b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/fine.yaml": fileOf("up == 0", "fine")})
	b.Moved(t.Context())

	p := b.waitPush(t)
	if p.Held == nil || !cmp.Equal(subjects(p.Commits), []string{"carol: half good", "carol: bad"}) {
		t.Fatalf("told of %+v, want both commits, held", p)
	}
	wantPaths := []string{"prometheus/ops/bad.yaml", "prometheus/ops/fine.yaml", "prometheus/ops/gone.yaml", "prometheus/ops/old.yaml"}
	if diff := cmp.Diff(wantPaths, p.Held.Paths); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if problems := p.Held.Problems; len(problems) != 1 || problems[0].Path != "prometheus/ops/bad.yaml" || problems[0].Line != 5 {
		t.Errorf("problems %+v, want the file and the line", problems)
	}
	asBefore := func(when string) {
		t.Helper()
		await(t, func() bool { s := b.Status(t.Context()); return s.Reconciled && s.Rulers[0].Err == nil })
		if got := string(b.prometheus.Published("ops/old.yaml")); got != old || b.prometheus.Published("ops/gone.yaml") == nil || b.prometheus.Published("ops/fine.yaml") != nil || b.prometheus.Published("ops/bad.yaml") != nil {
			t.Errorf("%s: the ruler reads %q, or another held file is not as it was", when, got)
		}
		if held := b.Status(t.Context()).Held; held == nil || len(held.Problems) != 1 {
			t.Errorf("%s: the status says that %+v is held", when, held)
		}
	}
	asBefore("after the push")

	if out := b.Apply(t.Context(), request("r1"), nodeDown("elsewhere")); out.State != rules.Live {
		t.Errorf("a change of another file: %+v, want it live", out)
	}
	asBefore("after a change of another file")

	add := nodeDown("old-too")
	add.Options.Group = "old"
	if out := b.Apply(t.Context(), request("r2"), add); out.State != rules.Live {
		t.Errorf("a change of a held file that is good: %+v, want it live", out)
	}
	if got := string(b.prometheus.Published("ops/old.yaml")); !strings.Contains(got, "up == 1") || !strings.Contains(got, "old-too") {
		t.Errorf("the changed file is published as %q, want it with the change", got)
	}
	add.Name, add.Options.Group = "bad-too", "bad"
	if out := b.Apply(t.Context(), request("r3"), add); out.Result != rules.ValidationError {
		t.Errorf("a change of the bad file: %+v, want it refused", out)
	}
	b.toldNothing(t, stop)
}

func TestAHoldIsTheSameAfterARestartAndEndsWithTheMending(t *testing.T) {
	b := newBench(t)
	stop := b.withOld(t)
	old := string(b.prometheus.Published("ops/old.yaml"))
	b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/old.yaml": fileOf("up == 1", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	b.Apply(t.Context(), request("r1"), nodeDown("elsewhere"))
	before := b.Status(t.Context()).Held
	stop()

	b.start()
	stop = b.session(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	after := b.Status(t.Context()).Held
	if after == nil {
		t.Fatal("nothing is held after the restart")
	}
	if before.Since, after.Since = (time.Time{}), (time.Time{}); !cmp.Equal(before, after) {
		t.Errorf("held (-before +after the restart):\n%s", cmp.Diff(before, after))
	}
	if got := string(b.prometheus.Published("ops/old.yaml")); got != old {
		t.Errorf("the ruler reads %q", got)
	}
	b.toldNothing(t, stop)

	b.start()
	stop = b.session(t)

	b.push(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up == 0", "bad")})
	b.Moved(t.Context())
	p := b.waitPush(t)
	if p.Held != nil || !cmp.Equal(subjects(p.Commits), []string{"carol: bad", "carol: mended"}) || len(p.Rulers) != 1 || p.Rulers[0].State != rules.Live {
		t.Errorf("told of %+v, want both commits, applied and live", p)
	}
	if got := string(b.prometheus.Published("ops/old.yaml")); !strings.Contains(got, "up == 1") || b.prometheus.Published("ops/bad.yaml") == nil {
		t.Errorf("the ruler still reads %q", got)
	}
	if held := b.Status(t.Context()).Held; held != nil {
		t.Errorf("still held: %+v", held)
	}
	await(t, func() bool { return b.recall("good")() == p.Head })
	stop()
	b.start()
	stop = b.session(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	b.toldNothing(t, stop)
}

func TestACommandOnTopOfABadPushThatNobodyExaminedYet(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/old.yaml": fileOf("up == 1", "old")})
	if out := b.Apply(t.Context(), request("r1"), nodeDown("mine")); out.State != rules.Live {
		t.Errorf("outcome %+v, want it live", out)
	}
	if got := string(b.prometheus.Published("ops/old.yaml")); strings.Contains(got, "up == 1") {
		t.Errorf("the ruler reads %q, which came with the bad push", got)
	}
	if p := b.waitPush(t); p.Held == nil {
		t.Errorf("told of %+v, want it held", p)
	}
}

// countedLog counts the commits that are read, and fails where it is told to.
type countedLog struct {
	*rulestest.Store
	read int
	fail func(from string) bool
}

func (s *countedLog) Log(ctx context.Context, from, to string, visit func(rules.PastCommit) error) error {
	if s.fail(from) {
		return errors.New("no such commit")
	}
	return s.Store.Log(ctx, from, to, func(c rules.PastCommit) error {
		s.read++
		return visit(c)
	})
}

func TestWhileAPushIsHeldOnlyWhatIsNewIsRead(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	good := b.Status(t.Context()).Revision
	counted := &countedLog{Store: b.store, fail: func(string) bool { return false }}
	b.start()
	b.Store = counted
	b.session(t)
	b.push(t, "bad", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up ==", "old")})
	b.Moved(t.Context())
	b.waitPush(t)
	for i := range 5 {
		before := counted.read
		b.push(t, fmt.Sprint(i), map[string][]byte{fmt.Sprintf("prometheus/ops/%d.yaml", i): fileOf("up == 0", "x")})
		b.Moved(t.Context())
		if read := counted.read - before; read != 1 {
			t.Errorf("%d commits read for one that is new", read)
		}
	}
	held := b.Status(t.Context()).Held
	if len(held.Commits) != 6 || len(held.Paths) != 6 || held.Good != good {
		t.Errorf("held since %s: %q, %q", held.Good, subjects(held.Commits), held.Paths)
	}
	// A branch that was put elsewhere is read from the last good state on.
	newest := b.Status(t.Context()).Revision
	counted.fail = func(from string) bool { return from == newest }
	b.push(t, "5", map[string][]byte{"prometheus/ops/5.yaml": fileOf("up == 0", "x")})
	b.Moved(t.Context())
	if held := b.Status(t.Context()).Held; len(held.Commits) != 7 || len(held.Paths) != 7 {
		t.Errorf("held: %q, %q", subjects(held.Commits), held.Paths)
	}
}

func TestWhatIsNoRegularFileHoldsAPush(t *testing.T) {
	b := newBench(t)
	old := rules.Problem{Path: "prometheus/ops/old-link.yaml", Text: "is a symbolic link"}
	link := rules.Problem{Path: "prometheus/ops/link.yaml", Text: "is a symbolic link"}
	linked := []rules.Problem{old}
	b.irregular = func(string) []rules.Problem { return linked }
	b.adopt(t)
	b.push(t, "beside a link that was there", map[string][]byte{"notes.md": []byte("x")})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held != nil {
		t.Fatalf("told of %+v, want it applied", p)
	}
	if status := b.Status(t.Context()); !cmp.Equal(status.Problems, []rules.Problem{old}) {
		t.Errorf("the status lists %v, want the link that was there", status.Problems)
	}
	linked = []rules.Problem{old, link}
	b.push(t, "a link", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new")})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held == nil || !cmp.Equal(p.Held.Problems, []rules.Problem{link}) {
		t.Errorf("told of %+v, want it held for the new link", p)
	}
	if b.prometheus.Published("ops/new.yaml") != nil {
		t.Error("it is applied")
	}
}

// own returns a commit of the store with the states on either side.
func (b *bench) own(t *testing.T, revision string) rules.OwnCommit {
	t.Helper()
	var own rules.OwnCommit
	err := b.store.Log(t.Context(), "", revision, func(c rules.PastCommit) error {
		own.PastCommit = c
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if own.Before, err = b.store.At(t.Context(), own.Parent); err != nil {
		t.Fatal(err)
	}
	if own.After, err = b.store.At(t.Context(), own.Revision); err != nil {
		t.Fatal(err)
	}
	return own
}

func TestACommitIsPlannedAgainOnTopOfAnotherOne(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	add := nodeDown("mine")
	add.Options.Group = "old"
	out := b.Apply(t.Context(), request("r1"), add)
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)

	onto := b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{"prometheus/ops/old.yaml": append(fileOf("up == 0", "old"), "      - alert: theirs\n        expr: up == 2\n"...), "journal/page.md": []byte("theirs\n")}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	if again.Subject != "add mine" || again.Author.Name != "alice" || !again.When.Equal(own.When) || !cmp.Equal(again.Trailers, own.Trailers) {
		t.Errorf("planned again as %+v, want the commit's own author, date and message", again)
	}
	if got := string(again.Files["prometheus/ops/old.yaml"]); !strings.Contains(got, "theirs") || !strings.Contains(got, "mine") {
		t.Errorf("the file becomes %q, want both rules", got)
	}
	if got := string(again.Files["journal/page.md"]); got != "theirs\nadd add mine r1\n" {
		t.Errorf("the page becomes %q", got)
	}
}

func TestAChangeThatSomebodyElseMadeTooIsOnlyWrittenDown(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	out := b.Apply(t.Context(), request("r1"), rules.Delete{Address: "old"})
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{"prometheus/ops/old.yaml": nil, "journal/page.md": []byte("theirs\n")}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]byte{"journal/page.md": []byte("theirs\ndelete delete old r1\n")}
	if diff := cmp.Diff(want, again.Files); diff != "" || !cmp.Equal(again.Trailers, own.Trailers) {
		t.Errorf("planned again with the trailers %v and files (-want +got):\n%s", again.Trailers, diff)
	}
}

func TestAChangeThatCannotBePlannedAgainIsSettledWithTheReason(t *testing.T) {
	b := newBench(t)
	stop := b.withOld(t)
	out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}})
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 2", "old")}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	want := []rules.Trailer{
		{Key: "Alert", Value: "old"}, {Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: "conflict"}, {Key: "Actor", Value: "alice u1"},
		{Key: "Channel", Value: "ops c1"}, {Key: "Displaces", Value: out.Revision}, {Key: "Displaced-Action", Value: "edit"}, {Key: "Request-Id", Value: "r1"},
	}
	if diff := cmp.Diff(want, again.Trailers); diff != "" {
		t.Errorf("trailers (-want +got):\n%s", diff)
	}
	if len(again.Files) != 1 || !strings.Contains(string(again.Files["journal/page.md"]), "conflict") || !strings.Contains(again.Body, "Later changes touched") {
		t.Errorf("planned again as %+v, want an entry in the journal and the reason", again)
	}
	b.Moved(t.Context()) // before it is committed nothing is told
	stop()
	select {
	case w := <-b.settled:
		t.Fatalf("settled %+v", w)
	default:
	}
	conflict := b.store.Commit(again).Revision()

	// The service was ended, or killed, after the commit came in: the next one has nothing but the rulebook to know it from.
	b.start()
	stop = b.session(t)
	w := b.waitSettled(t)
	if diff := cmp.Diff("Later changes touched", w.Outcome.Reason[:len("Later changes touched")]); diff != "" {
		t.Errorf("the reason is %q", w.Outcome.Reason)
	}
	w.Outcome.Reason = ""
	wanted := rules.Waiting{
		Request: rules.Request{ID: "r1", Time: again.When, Actor: again.Author, Channel: rules.Place{ID: "c1", Name: "ops"}, Entry: "chat", Command: "add x"},
		Outcome: rules.Outcome{
			Result: rules.Success, Action: "edit", Ruler: "prometheus", Refs: []rules.Ref{{Ruler: "prometheus", Name: "old", Nth: 1}},
			Revision: out.Revision, State: rules.Displaced, Undone: conflict,
		},
		Since: again.When,
	}
	if diff := cmp.Diff(wanted, w); diff != "" {
		t.Errorf("settled (-want +got):\n%s", diff)
	}
	await(t, func() bool { return b.recall("good")() == conflict })
	b.Moved(t.Context())
	stop()
	b.start()
	b.session(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	select {
	case w := <-b.settled:
		t.Errorf("settled again: %+v", w)
	default:
	}
}

// TestAChangeThatIsDisplacedWhileItsCommandWaitsIsSaidToBe has somebody else's push leave no room for a change before the ruler runs it: the command says why.
func TestAChangeThatIsDisplacedWhileItsCommandWaitsIsSaidToBe(t *testing.T) {
	b := newBench(t)
	b.withOld(t)
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func([]rules.RunningRule) ([]rules.RunningRule, error) { return nil, errors.New("it is away") } // else it may be seen that the rule changed, before it is why
	})
	ended := make(chan rules.Outcome)
	go func() {
		ended <- b.Apply(t.Context(), request("r1"), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}})
	}()
	await(t, func() bool { return slices.Contains(b.steps.all(), "prometheus committed") })
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	own := b.own(t, book.Revision())
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "carol"}, Files: map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 2", "old")}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	conflict := b.store.Commit(again).Revision()
	b.Moved(t.Context())
	w := b.waitSettled(t)
	b.prometheus.Set(func(r *rulestest.Ruler) { r.OnRunning = nil })
	out := <-ended
	if out.State != rules.Displaced || out.Undone != conflict || out.Revision != own.Revision || !strings.HasPrefix(out.Reason, "Later changes touched") || out.Diff == "" {
		t.Errorf("the command ends as %+v", out)
	}
	if w.Outcome.State != rules.Displaced || w.Request.ID != "r1" {
		t.Errorf("settled %+v", w)
	}
}

// What came before a change may be held: then the change is displaced and stays in force all the same.
func TestAChangeThatIsDisplacedByWhatIsHeldIsSaidToStay(t *testing.T) {
	b := newBench(t)
	stop := b.withOld(t)
	out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}})
	own := b.own(t, out.Revision)
	stop()
	onto := b.store.Commit(rules.Commit{Subject: "theirs", Author: rules.Person{Name: "carol"}, Files: map[string][]byte{
		"prometheus/ops/old.yaml": fileOf("up == 2", "old"), "prometheus/ops/bad.yaml": []byte("groups: ["),
	}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	b.store.Commit(again)
	b.start()
	b.session(t)
	if w := b.waitSettled(t); w.Outcome.State != rules.Displaced || !strings.HasSuffix(w.Outcome.Reason, " by carol; what was pushed is held, and until that is mended the change stays in force in the files that it touched") {
		t.Errorf("settled %+v", w)
	}
	if got := string(b.prometheus.Published("ops/old.yaml")); !strings.Contains(got, "up == 1") {
		t.Errorf("published:\n%s", got)
	}
}

func TestACommitPlannedAgainKeepsWhyItWasMade(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	was := b.store.Commit(rules.Commit{
		Author: rules.Person{ID: "u1", Name: "alice"}, Subject: "undo add old", Body: "/alert undo r0\nsecond line\n\nReason: a mistake",
		Trailers: []rules.Trailer{{Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: "undo"}, {Key: "Undoes", Value: "r0"}, {Key: "Request-Id", Value: "r1"}},
		Files:    map[string][]byte{"prometheus/ops/old.yaml": nil},
	})
	own := b.own(t, was.Revision())
	var entry rules.PageEntry
	applier := rules.NewApplier(rules.ApplierOptions{
		Store: b.store, Rulers: []rules.Ruler{b.prometheus}, Now: time.Now,
		Page: func(tree rules.Tree, e rules.PageEntry) (string, []byte, error) { entry = e; return page(tree, e) },
	})
	for name, tc := range map[string]struct {
		theirs         []byte
		action, reason string
	}{
		"it fits":         {fileOf("up == 0", "old"), "undo", "a mistake"},
		"it does not fit": {fileOf("up == 2", "old"), "conflict", "a mistake\n\nnot kept, as somebody else pushed first: "},
	} {
		onto := b.store.Commit(rules.Commit{Subject: "theirs", Files: map[string][]byte{"prometheus/ops/old.yaml": tc.theirs}})
		if _, err := applier.Replan(t.Context(), own, onto); err != nil {
			t.Fatal(err)
		}
		if entry.Request.Command != "undo r0\nsecond line" || entry.Action != tc.action || !strings.HasPrefix(entry.Change.Reason, tc.reason) ||
			!cmp.Equal(entry.Change.Trailers, []rules.Trailer{{Key: "Undoes", Value: "r0"}}) {
			t.Errorf("%s: the page gets %+v", name, entry)
		}
	}
}

func TestACommitPlannedAgainCarriesFilesThatNoRulerReads(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	b.store.Commit(rules.Commit{Subject: "there", Files: map[string][]byte{"mimir/a.yaml": []byte("1"), "mimir/b.yaml": []byte("1")}})
	was := b.store.Commit(rules.Commit{
		Subject: "import", Body: "alertsmith import x", Trailers: []rules.Trailer{{Key: "Ruler", Value: "mimir"}, {Key: "Action", Value: "import"}, {Key: "Request-Id", Value: "r1"}},
		Files: map[string][]byte{"mimir/a.yaml": []byte("2"), "mimir/b.yaml": nil, "mimir/c.yaml": {}, "journal/page.md": []byte("r1\n")},
	})
	own := b.own(t, was.Revision())
	for name, tc := range map[string]struct{ theirs, want map[string][]byte }{
		"where they are as they were": {
			map[string][]byte{"mimir/a.yaml": []byte("1"), "mimir/b.yaml": []byte("1"), "mimir/c.yaml": nil, "journal/page.md": []byte("theirs\n")},
			map[string][]byte{"mimir/a.yaml": []byte("2"), "mimir/b.yaml": nil, "mimir/c.yaml": {}, "journal/page.md": []byte("theirs\nimport import r1\n")},
		},
		"where one is so already": {
			map[string][]byte{"mimir/a.yaml": []byte("2"), "mimir/b.yaml": []byte("1"), "mimir/c.yaml": nil, "journal/page.md": nil},
			map[string][]byte{"mimir/b.yaml": nil, "mimir/c.yaml": {}, "journal/page.md": []byte("import import r1\n")},
		},
		"not where one is another": {
			map[string][]byte{"mimir/a.yaml": []byte("3"), "mimir/b.yaml": []byte("1"), "mimir/c.yaml": nil, "journal/page.md": nil},
			map[string][]byte{"journal/page.md": []byte("conflict conflict: import r1\n")},
		},
	} {
		again, err := b.Replan(t.Context(), own, b.store.Commit(rules.Commit{Subject: "theirs", Files: tc.theirs}))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, again.Files); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
