package rules_test

import (
	"bytes"
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// movable is a rulebook whose branch can be set back to an older commit, and forth.
type movable struct {
	*rulestest.Store
	to *atomic.Value // string; "" for the newest
}

func (s movable) Head(ctx context.Context) (rules.Tree, error) {
	if at, ok := s.to.Load().(string); ok && at != "" {
		return s.At(ctx, at)
	}
	return s.Store.Head(ctx)
}

// startAt starts an applier whose rulebook's branch is at a commit, "" for the newest, and returns where to put it elsewhere.
func (b *bench) startAt(t *testing.T, at string) (to *atomic.Value, stop func()) {
	t.Helper()
	b.start()
	to = &atomic.Value{}
	to.Store(at)
	b.Store = movable{b.store, to}
	return to, b.session(t)
}

// rulesOf returns how the rules of a push are told: name → what became of it.
func rulesOf(p rules.ExternalPush) map[string]string {
	told := map[string]string{}
	for _, change := range p.Rulers {
		for _, rule := range change.Rules {
			switch {
			case rule.Gone:
				told[rule.Ref.Name] = "gone " + string(rule.State)
			case rule.New:
				told[rule.Ref.Name] = "added " + string(rule.State)
			default:
				told[rule.Ref.Name] = "changed " + string(rule.State)
			}
		}
	}
	return told
}

// A branch that was set back to what is good is told: from where to where, which commits went, and what became of the rules. Once.
func TestABranchThatWasSetBackIsTold(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"while the service runs": false, "while it does not": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old"), "prometheus/ops/back.yaml": fileOf("up == 0", "back")})
			first := b.store.Commits()
			to, stop := b.startAt(t, "")
			await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
			back := b.Status(t.Context()).Revision
			for id, intent := range map[string]rules.Intent{"r1": nodeDown("new"), "r2": rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}}, "r3": rules.Delete{Address: "back"}} {
				if out := b.Apply(t.Context(), request(id), intent); out.State != rules.Live {
					t.Fatalf("outcome %+v", out)
				}
			}
			was := b.Status(t.Context()).Revision
			b.Moved(t.Context())
			await(t, func() bool { return b.recall("good")() == was })
			if restarted {
				stop()
				_, stop = b.startAt(t, back)
			} else {
				to.Store(back)
				b.Moved(t.Context())
			}
			p := b.waitPush(t)
			if e := p.Elsewhere; e == nil || e.From != was || e.At != back || p.Head != back || len(e.Gone) != 3 || len(p.Commits) != 0 || len(first) != 1 {
				t.Fatalf("told of %+v, elsewhere %+v", p, p.Elsewhere)
			}
			want := map[string]string{"new": "gone LIVE", "old": "changed LIVE", "back": "added LIVE"}
			if diff := cmp.Diff(want, rulesOf(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if change := p.Elsewhere.Change; change.State != rules.Live || len(change.Refs) != 3 || change.Diff == "" || change.Action != rules.ExternalAction {
				t.Errorf("for the journal: %+v", change)
			}
			await(t, func() bool { return b.recall("good")() == back })
			stop()
			_, stop = b.startAt(t, back)
			await(t, func() bool { return b.Status(t.Context()).Reconciled })
			b.toldNothing(t, stop)
		})
	}
}

// TestOnlyWhatARestoreBringsBackIsOffered has a branch set back that takes one rule away, changes another and has two more at other places: those would be there twice.
func TestOnlyWhatARestoreBringsBackIsOffered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(t, "what was there", map[string][]byte{
		"prometheus/ops/old.yaml": fileOf("up == 0", "old"), "prometheus/ops/away.yaml": fileOf("up == 3", "away"), "prometheus/ops/named.yaml": fileOf("up == 4", "named"),
	})
	to, _ := b.startAt(t, "")
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
	back := b.Status(t.Context()).Revision
	for id, intent := range map[string]rules.Intent{
		"r1": nodeDown("zz"), "r2": rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}},
		"r3": rules.Move{Address: "away", Group: "elsewhere"}, "r4": rules.Rename{Address: "named", Name: "other"},
	} {
		if out := b.Apply(t.Context(), request(id), intent); out.State != rules.Live {
			t.Fatalf("outcome %+v", out)
		}
	}
	was := b.Status(t.Context()).Revision
	b.Moved(t.Context())
	await(t, func() bool { return b.recall("good")() == was })
	to.Store(back)
	b.Moved(t.Context())
	p := b.waitPush(t)
	if diff := cmp.Diff([]string{"zz", "old"}, p.Elsewhere.Back); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestAPausedRuleThatGoesIsTold has a rule that is paused go by a branch that is set back, and by a push.
func TestAPausedRuleThatGoesIsTold(t *testing.T) {
	t.Parallel()
	for _, pushed := range []bool{false, true} {
		b := newBench(t)
		b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old")})
		to, _ := b.startAt(t, "")
		await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
		back := b.Status(t.Context()).Revision
		b.Apply(t.Context(), request("r1"), nodeDown("p"))
		if out := b.Apply(t.Context(), request("r2"), rules.Pause{Address: "p"}); out.State != rules.PausedState {
			t.Fatalf("outcome %+v", out)
		}
		book, err := b.Book(t.Context())
		if err != nil || len(book.Paused()) != 1 {
			t.Fatal(err, book.Paused())
		}
		b.Moved(t.Context())
		await(t, func() bool { return b.recall("good")() == book.Revision() })
		if pushed {
			files := map[string][]byte{}
			tree, err := b.store.At(t.Context(), book.Revision())
			if err != nil {
				t.Fatal(err)
			}
			listed, err := tree.List(rules.PausedDir)
			if err != nil {
				t.Fatal(err)
			}
			for file := range listed {
				files[file] = nil
			}
			b.push(t, "tidy", files)
		} else {
			to.Store(back)
		}
		b.Moved(t.Context())
		p := b.waitPush(t)
		if diff := cmp.Diff(map[string]string{"p": "gone PAUSED"}, rulesOf(p)); diff != "" {
			t.Errorf("pushed %v: -want +got:\n%s", pushed, diff)
		}
		if !pushed && !cmp.Equal(p.Elsewhere.Back, []string{"p"}) {
			t.Errorf("offered: %q", p.Elsewhere.Back)
		}
		if pushed && !cmp.Equal(p.PausedGone, []rules.PausedGone{{Address: "p", Revision: book.Revision()}}) {
			t.Errorf("offered: %q, want one of %s", p.PausedGone, book.Revision())
		}
	}
}

// TestAPausedRuleThatIsAsBeforeIsTold has a branch set back to before the file of a paused rule was changed: the rule is named, and the line offered that puts it back.
func TestAPausedRuleThatIsAsBeforeIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	to, _ := b.startAt(t, "")
	b.Apply(t.Context(), request("r1"), nodeDown("p"))
	if out := b.Apply(t.Context(), request("r2"), rules.Pause{Address: "p"}); out.State != rules.PausedState {
		t.Fatalf("outcome %+v", out)
	}
	path, content := b.pausedFile(t)
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.pushed(t, "typo", map[string][]byte{path: bytes.Replace(content, []byte("expr: "), []byte("expr: 1 + "), 1)})
	to.Store(book.Revision())
	b.Moved(t.Context())
	p := b.waitPush(t)
	if diff := cmp.Diff(map[string]string{"p": "changed PAUSED"}, rulesOf(p)); diff != "" || p.Elsewhere == nil || !cmp.Equal(p.Elsewhere.Back, []string{"p"}) {
		t.Fatalf("-want +got:\n%s\nelsewhere: %+v", diff, p.Elsewhere)
	}
	then, err := b.BookAt(t.Context(), p.Elsewhere.From)
	if err != nil {
		t.Fatal(err)
	}
	where, err := then.FindOrPaused("p")
	if err != nil {
		t.Fatal(err)
	}
	if out := b.Draft(t.Context(), rules.Restore{From: then, Ref: where.Ref, Now: where.Ref}); out.Err != nil {
		t.Errorf("what is offered is refused: %v", out.Err)
	}
}

// TestOnlyLinesThatWorkAreOffered has a branch set back to a file, and from files, that are not written line by line: of the rules that went or were changed only those are
// offered that a restoration brings back.
func TestOnlyLinesThatWorkAreOffered(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	flow := func(group, rules string) []byte {
		return []byte("{groups: [{name: " + group + ", rules: [" + rules + "]}]}\n")
	}
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/f.yaml": flow("f", "{alert: f1, expr: up == 0}"), "prometheus/ops/old.yaml": fileOf("up == 0", "old")})
	to, _ := b.startAt(t, "")
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/f.yaml") != nil })
	back := b.Status(t.Context()).Revision
	was := b.push(t, "line by line", map[string][]byte{
		"prometheus/ops/f.yaml": fileOf("up == 1", "f1", "f2"), "prometheus/ops/one.yaml": flow("one", "{alert: one, expr: up == 2}"),
		"prometheus/ops/two.yaml": flow("two", "{alert: two1, expr: up == 3}, {alert: two2, expr: up == 3}"), "prometheus/ops/old.yaml": fileOf("up == 1", "old", "other"),
	})
	b.Moved(t.Context())
	b.waitPush(t)
	await(t, func() bool { return b.recall("good")() == was })
	then, err := b.BookAt(t.Context(), was)
	if err != nil {
		t.Fatal(err)
	}
	to.Store(back)
	b.Moved(t.Context())
	p := b.waitPush(t)
	var works []string
	for _, name := range []string{"f1", "f2", "one", "other", "two1", "two2", "old"} {
		entry, err := then.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		restore := rules.Restore{From: then, Ref: entry.Ref}
		if book, err := b.BookAt(t.Context(), back); err != nil {
			t.Fatal(err)
		} else if _, there := book.Get(entry.Ref); there {
			restore.Now = entry.Ref
		}
		if out := b.Draft(t.Context(), restore); out.Err == nil {
			works = append(works, name)
		}
	}
	if diff := cmp.Diff([]string{"one", "other", "old"}, works); diff != "" {
		t.Errorf("what works (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(works, p.Elsewhere.Back, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("offered (-works +got):\n%s", diff)
	}
}

// TestARuleThatIsNoLongerPausedIsToldSo has a branch set back to before a rule was paused, and a push that reverts the pause: the rule is live again, and not added.
func TestARuleThatIsNoLongerPausedIsToldSo(t *testing.T) {
	t.Parallel()
	const path = "prometheus/ops/old.yaml"
	for _, pushed := range []bool{false, true} {
		b := newBench(t)
		b.push(t, "what was there", map[string][]byte{path: fileOf("up == 0", "old")})
		to, _ := b.startAt(t, "")
		await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
		back := b.Status(t.Context()).Revision
		paused := b.Apply(t.Context(), request("r1"), pause("old", "r1"))
		if paused.State != rules.PausedState {
			t.Fatalf("outcome %+v", paused)
		}
		b.Moved(t.Context())
		await(t, func() bool { return b.recall("good")() == paused.Revision })
		if pushed {
			aside, _ := b.pausedFile(t)
			b.push(t, "revert", map[string][]byte{path: fileOf("up == 0", "old"), aside: nil})
		} else {
			to.Store(back)
		}
		b.Moved(t.Context())
		p := b.waitPush(t)
		if len(p.Rulers) != 1 || len(p.Rulers[0].Rules) != 1 || !p.Rulers[0].Rules[0].Back || p.Rulers[0].Rules[0].New || p.Rulers[0].Rules[0].State != rules.Live {
			t.Errorf("pushed %v: told of %+v", pushed, p.Rulers)
		}
	}
}

// withHeld starts an applier on what was there, has a push held and a change of ours made after that. It returns the last good revision, the one that is
// held and the one of the change, and as startAt does.
func (b *bench) withHeld(t *testing.T, pushed map[string][]byte) (good, bad, was string, to *atomic.Value, stop func()) {
	t.Helper()
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old")})
	to, stop = b.startAt(t, "")
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("ops/old.yaml") != nil })
	good = b.recall("good")()
	bad = b.push(t, "bad", pushed)
	b.Moved(t.Context())
	b.waitPush(t)
	await(t, func() bool { return b.recall("told")() == bad })
	if out := b.Apply(t.Context(), request("r1"), nodeDown("mine")); out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	was = b.Status(t.Context()).Revision
	await(t, func() bool { return b.recall("seen")() == was }) // also where the service is killed
	return good, bad, was, to, stop
}

// A branch that was set back to the last good state takes away what was held, and what commands changed meanwhile: both is told.
func TestABranchThatWasSetBackToBeforeWhatWasHeldIsTold(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"while the service runs": false, "while it does not": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			good, _, was, to, stop := b.withHeld(t, map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad")})
			want := map[string]string{"mine": "gone LIVE"}
			if restarted {
				want = map[string]string{} // what was in force is known no more: the ruler is brought to the rulebook all the same
				stop()
				_, stop = b.startAt(t, good)
			} else {
				to.Store(good)
				b.Moved(t.Context())
			}
			p := b.waitPush(t)
			if e := p.Elsewhere; p.Held != nil || e == nil || !e.WasHeld || e.From != was || p.Head != good || !cmp.Equal(subjects(e.Gone), []string{"carol: bad", "alice: add mine"}) {
				t.Fatalf("told of %+v, elsewhere %+v", p, p.Elsewhere)
			}
			if diff := cmp.Diff(want, rulesOf(p), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			await(t, func() bool { return b.recall("told")() == "" })
			stop()
			_, stop = b.startAt(t, good)
			await(t, func() bool { return b.Status(t.Context()).Reconciled })
			b.toldNothing(t, stop)
			if b.Status(t.Context()).Held != nil {
				t.Error("it is still held")
			}
		})
	}
}

// A branch that was set back to what is held already takes away what commands changed since: that is told, and the hold with it; once.
func TestABranchThatWasSetBackToWhatIsHeldIsTold(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"while the service runs": false, "while it does not": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			_, bad, was, to, stop := b.withHeld(t, map[string][]byte{"prometheus/ops/old.yaml": []byte("groups: [\n")})
			if restarted {
				stop()
				_, stop = b.startAt(t, bad)
			} else {
				to.Store(bad)
				b.Moved(t.Context())
			}
			p := b.waitPush(t)
			if e := p.Elsewhere; p.Held == nil || e == nil || e.From != was || e.Told || len(e.Stay) != 0 || !cmp.Equal(subjects(e.Gone), []string{"alice: add mine"}) {
				t.Fatalf("told of %+v, elsewhere %+v", p, p.Elsewhere)
			}
			await(t, func() bool { return b.recall("seen")() == bad })
			stop()
			_, stop = b.startAt(t, bad)
			await(t, func() bool { return b.Status(t.Context()).Reconciled })
			b.toldNothing(t, stop)
		})
	}
}

// Of a branch that was set back to what would not be taken is told which rules are live and in no rulebook any more; once that is mended, that they are gone.
func TestRulesThatAHeldBranchHasNotAreToldTwice(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"without a restart": false, "with a restart between": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			bad := b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/stays.yaml": fileOf("up == 0", "stays")})
			good := b.push(t, "mended", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up == 0", "bad"), "prometheus/ops/lost.yaml": fileOf("up == 0", "lost")})
			to, stop := b.startAt(t, "")
			await(t, func() bool { return b.recall("good")() == good && b.prometheus.Published("ops/lost.yaml") != nil })
			to.Store(bad)
			b.Moved(t.Context())
			p := b.waitPush(t)
			if e := p.Elsewhere; p.Held == nil || e == nil || e.From != good || e.At != bad || len(e.Stay) != 1 || e.Stay[0].Name != "lost" {
				t.Fatalf("told of %+v, elsewhere %+v", p, p.Elsewhere)
			}
			if b.prometheus.Published("ops/lost.yaml") == nil {
				t.Error("it is gone already")
			}
			await(t, func() bool { return b.recall("told")() == bad })
			if restarted {
				stop()
				_, stop = b.startAt(t, bad)
				await(t, func() bool { return b.Status(t.Context()).Reconciled })
				b.toldNothing(t, stop)
				to, _ = b.startAt(t, bad)
			}
			// The store in memory has one line of commits: what mends it is on top of what was left, and takes that away.
			at := b.push(t, "mended otherwise", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up == 2", "bad"), "prometheus/ops/lost.yaml": nil})
			to.Store(at)
			b.Moved(t.Context())
			p = b.waitPush(t)
			want := map[string]string{"bad": "changed LIVE", "lost": "gone LIVE"}
			if diff := cmp.Diff(want, rulesOf(p)); diff != "" || p.Held != nil {
				t.Errorf("told of %+v (-want +got):\n%s", p, diff)
			}
		})
	}
}

// A rulebook that had its first commit since the start was adopted all the same, long before the next reconciliation: what comes while it does not run is held when it is bad.
func TestARulebookThatBeganInThisRunIsAdopted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.session(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	if out := b.Apply(t.Context(), request("r1"), nodeDown("mine")); out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	await(t, func() bool { return b.recall("good")() != "" }) // also where the service is killed
	stop()
	b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": fileOf("up ==", "bad"), "prometheus/ops/mine.yaml": nil})
	b.start()
	b.session(t)
	if p := b.waitPush(t); p.Held == nil || b.prometheus.Published("ops/mine.yaml") == nil {
		t.Errorf("told of %+v; published %q", p, b.prometheus.Published("ops/mine.yaml"))
	}
}
