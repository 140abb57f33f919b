package rules_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// anew is a rulebook whose branch was put on another history: no commit of that says that files of the old one went.
type anew struct {
	*rulestest.Store
}

func (s anew) Log(ctx context.Context, from, to string, visit func(rules.PastCommit) error) error {
	return s.Store.Log(ctx, from, to, func(c rules.PastCommit) error {
		c.Files = nil
		return visit(c)
	})
}

// What was live stays so while a history is held that has never had it: also when no commit took it away.
func TestWhatAHeldHistoryNeverHadStaysLive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.start()
	b.Store = anew{b.store}
	stop := b.session(t)
	good := b.recall("good")()
	b.irregular = func(revision string) []rules.Problem {
		if revision == good {
			return nil
		}
		return []rules.Problem{{Path: "prometheus", Text: "is a symbolic link"}}
	}
	b.push(t, "all anew", map[string][]byte{"prometheus/ops/old.yaml": nil, "prometheus/ops/gone.yaml": nil})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held == nil || len(p.Held.Paths) != 2 {
		t.Errorf("told of %+v, want two files held", p)
	}
	for _, when := range []string{"at once", "after a restart"} {
		await(t, func() bool { return b.Status(t.Context()).Reconciled })
		if b.prometheus.Published("ops/old.yaml") == nil || b.prometheus.Published("ops/gone.yaml") == nil {
			t.Errorf("%s: what was live is gone", when)
		}
		stop()
		b.start()
		b.Store = anew{b.store}
		stop = b.session(t)
	}
}

// faltering is a rulebook one of whose states cannot be read the first time.
type faltering struct {
	*rulestest.Store
	revision string
	failed   atomic.Bool
}

func (s *faltering) At(ctx context.Context, revision string) (rules.Tree, error) {
	if revision == s.revision && !s.failed.Swap(true) {
		return nil, errors.New("the disk faltered")
	}
	return s.Store.At(ctx, revision)
}

// A state that could not be examined to its end is examined again, and nothing is applied of it before.
func TestWhatCouldNotBeExaminedIsExaminedAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.adopt(t)
	b.push(t, "broken", map[string][]byte{"prometheus/ops/gone.yaml": []byte("groups: 7")})
	b.Moved(t.Context())
	b.waitPush(t)
	out := b.Apply(t.Context(), request("r1"), nodeDown("mine"))
	if out.Err != nil {
		t.Fatal(out.Err)
	}
	stop()
	b.push(t, "over it", map[string][]byte{"prometheus/ops/mine.yaml": fileOf("up == 1", "mine")})
	b.start()
	store := &faltering{Store: b.store, revision: out.Revision}
	b.Store = store
	stop = b.session(t)
	if p := b.waitPush(t); p.Held == nil || !slices.Contains(p.Held.Paths, "prometheus/ops/mine.yaml") {
		t.Errorf("told of %+v, want that what was pushed over our change is held", p)
	}
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	stop()
	if !store.failed.Load() {
		t.Error("nothing failed, so nothing was tested")
	}
	if panics := b.panics.all(); len(panics) > 0 {
		t.Errorf("panics: %q", panics)
	}
	if got := string(b.prometheus.Published("ops/mine.yaml")); !strings.Contains(got, "up == 0") {
		t.Errorf("published: %s", got)
	}
}

// A rulebook that is adopted with a link in place of a ruler's directory takes nothing away from that ruler, and the link is listed.
func TestWhatCannotBeReadAtTheAdoptionLeavesTheRulerAsItIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stop := b.withOld(t)
	stop()
	b.start()
	b.LastGood = func() string { return "" }
	link := rules.Problem{Path: "prometheus", Text: "is a symbolic link"}
	b.irregular = func(string) []rules.Problem { return []rules.Problem{link} }
	b.push(t, "a link", map[string][]byte{"prometheus/ops/old.yaml": nil})
	b.session(t)
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	status := b.Status(t.Context())
	if err := status.Rulers[0].Err; err == nil || !strings.Contains(err.Error(), "prometheus cannot be read in the rulebook: prometheus: is a symbolic link. What prometheus has stays as it is.") {
		t.Errorf("the ruler's trouble is %v", err)
	}
	if !cmp.Equal(status.Problems, []rules.Problem{link}) || b.prometheus.Published("ops/old.yaml") == nil {
		t.Errorf("problems %v; published %q", status.Problems, b.prometheus.Published("ops/old.yaml"))
	}
	b.irregular = func(string) []rules.Problem { return nil }
	b.push(t, "mended", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new")})
	b.Moved(t.Context())
	if p := b.waitPush(t); p.Held != nil || b.prometheus.Published("ops/new.yaml") == nil || b.prometheus.Published("ops/old.yaml") != nil {
		t.Errorf("told of %+v", p)
	}
	if status := b.Status(t.Context()); len(status.Problems) != 0 {
		t.Errorf("still listed: %v", status.Problems)
	}
}

// A rulebook that was lost, and is adopted with a link in place of a directory of rule files, takes away no rule from there that is live; and it is told that it was
// lost.
func TestWhatCannotBeReadBelowARulersDirectoryStaysLive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old"), "prometheus/web/site.yaml": fileOf("up == 0", "site"), "prometheus/web/a.yaml": fileOf("up == 0", "a")})
	stop := b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.prometheus.Published("web/site.yaml") != nil })
	stop()
	b.start()
	b.LastGood = func() string { return "lost" }
	b.irregular = func(string) []rules.Problem {
		return []rules.Problem{{Path: "prometheus/web", Text: "is a symbolic link"}, {Path: "loki/ops", Text: "is a submodule"}}
	}
	b.push(t, "a link", map[string][]byte{"prometheus/web/site.yaml": nil, "prometheus/web/a.yaml": nil, "prometheus/ops/old.yaml": nil, "prometheus/ops/new.yaml": fileOf("up == 0", "new")})
	b.session(t)
	if p := b.waitPush(t); p.Elsewhere == nil || !p.Elsewhere.Lost || p.Elsewhere.From != "lost" {
		t.Errorf("told of %+v", p)
	}
	await(t, func() bool { return b.Status(t.Context()).Reconciled && b.prometheus.Published("ops/new.yaml") != nil })
	if b.prometheus.Published("web/site.yaml") == nil || b.prometheus.Published("web/a.yaml") == nil {
		t.Error("what cannot be read is live no more")
	}
	if b.prometheus.Published("ops/old.yaml") != nil {
		t.Error("what was deleted beside it is live")
	}
	b.irregular = func(string) []rules.Problem { return nil }
	b.push(t, "mended", map[string][]byte{"prometheus/web/site.yaml": fileOf("up == 1", "site")})
	b.Moved(t.Context())
	b.waitPush(t)
	if got := string(b.prometheus.Published("web/site.yaml")); !strings.Contains(got, "up == 1") || b.prometheus.Published("web/a.yaml") != nil {
		t.Errorf("published %q, and %q", got, b.prometheus.Published("web/a.yaml"))
	}
}

// setBack is a rulebook whose branch was put back to an older commit.
type setBack struct {
	*rulestest.Store
	to string
}

func (s setBack) Head(ctx context.Context) (rules.Tree, error) { return s.At(ctx, s.to) }

// A branch that is put back to what would not be taken empties no ruler, though nobody pushed anything.
func TestABranchThatIsPutBackToWhatIsBadIsHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	link := rules.Problem{Path: "prometheus", Text: "is a symbolic link"}
	bad := b.push(t, "a link", map[string][]byte{"notes.md": []byte("x")})
	good := b.push(t, "mended", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old")})
	stop := b.session(t)
	await(t, func() bool { return b.recall("good")() == good && b.prometheus.Published("ops/old.yaml") != nil })
	stop()
	b.irregular = func(revision string) []rules.Problem {
		if revision == bad {
			return []rules.Problem{link}
		}
		return nil
	}
	for _, when := range []string{"at once", "after a restart"} {
		b.start()
		b.Store = setBack{b.store, bad}
		stop := b.session(t)
		b.Moved(t.Context())
		if when == "at once" {
			if p := b.waitPush(t); p.Held == nil || len(p.Commits) != 0 || !cmp.Equal(p.Held.Problems, []rules.Problem{link}) {
				t.Errorf("told of %+v, want it held", p)
			}
		}
		await(t, func() bool { return b.Status(t.Context()).Reconciled && b.recall("told")() == bad })
		if held := b.Status(t.Context()).Held; held == nil || len(held.Paths) != 1 || b.prometheus.Published("ops/old.yaml") == nil {
			t.Errorf("%s: held %+v, published %q", when, held, b.prometheus.Published("ops/old.yaml"))
		}
		out := b.Draft(t.Context(), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 3"}})
		if out.Err == nil || !strings.Contains(out.Err.Error(), "because of what the rulebook's branch was set back to") {
			t.Errorf("%s: an edit: %v", when, out.Err)
		}
		b.toldNothing(t, stop)
	}
	b.start()
	b.session(t)
	b.Moved(t.Context())
	if held := b.Status(t.Context()).Held; held != nil {
		t.Errorf("still held: %+v", held)
	}
}

// A push that is held while another one is already takes nothing from the rulers that commands brought them since: neither what it deletes or
// changes, nor what it sets back to how it was before. So it is after a restart.
func TestAPushThatIsHeldLeavesWhatCommandsChangedMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.adopt(t)
	b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: [")})
	b.Moved(t.Context())
	b.waitPush(t)
	for i, intent := range []rules.Intent{
		nodeDown("mine"), nodeDown("mine-too"), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 5"}}, rules.Edit{Address: "gone", Alteration: rules.Alteration{Expr: "up == 6"}},
	} {
		if out := b.Apply(t.Context(), request(fmt.Sprint("r", i)), intent); out.State != rules.Live {
			t.Fatalf("outcome %+v", out)
		}
	}
	live := map[string]string{}
	for _, path := range []string{"ops/mine.yaml", "ops/mine-too.yaml", "ops/old.yaml", "ops/gone.yaml"} {
		live[path] = string(b.prometheus.Published(path))
	}
	b.push(t, "more", map[string][]byte{
		"prometheus/ops/mine.yaml": nil, "prometheus/ops/mine-too.yaml": fileOf("up == 7", "mine-too"),
		"prometheus/ops/old.yaml": fileOf("up == 0", "old"), "prometheus/ops/gone.yaml": nil,
	})
	b.Moved(t.Context())
	b.waitPush(t)
	stays := func(when string) {
		t.Helper()
		if out := b.Apply(t.Context(), request("after"+when), nodeDown("after-"+when)); out.State != rules.Live {
			t.Fatalf("outcome %+v", out)
		}
		for path, want := range live {
			if got := string(b.prometheus.Published(path)); got != want || want == "" {
				t.Errorf("%s: %s is published (-want +got):\n%s", when, path, cmp.Diff(want, got))
			}
		}
	}
	stays("push")
	b.start()
	stays("restart")
	book, err := b.Book(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"mine", "mine-too", "old", "gone"} {
		if found, err := book.Find(name); err != nil || !found.Held {
			t.Errorf("%s is shown as %+v, %v, want it as it is live, and held", name, found, err)
		}
	}
}
