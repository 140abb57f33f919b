package gitsync

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

var errCut = errors.New("the connection broke")

// required returns a rulebook whose changes have to be pushed, with one line pushed already, the server and the way to it.
func required(t *testing.T) (r *Rulebook, host string, p *patchy) {
	t.Helper()
	host = gitHost(t)
	outsideLine(t, outsider(t, host), "first")
	p = patch(at(t, host))
	return openBook(t, Options{Remote: p, Required: true}), host, p
}

// vanish has the server go away in the middle of a push, and whoever pushes lose his patience.
func vanish(p *patchy, apply bool, giveUp func()) {
	p.set(func(p *patchy) {
		p.push = func(deliver func() error) error {
			if apply {
				_ = deliver()
			}
			p.set(func(p *patchy) { p.down = true })
			giveUp()
			return errCut
		}
	})
}

// once does something the first time only.
func once(what func(deliver func() error) error) func(func() error) error {
	done := false
	return func(deliver func() error) error {
		if done {
			return deliver()
		}
		done = true
		return what(deliver)
	}
}

// hook puts an executable into the server's hooks.
func hook(t *testing.T, host, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(host, "hooks", name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	accepted := []string{"first", "ours"}
	tests := []struct {
		name    string
		fault   func(t *testing.T, r *Rulebook, host string, p *patchy)
		want    []string // on the server; what is not there was refused
		text    string   // why
		plans   int
		atMost  int // pushes
		restore func(host string)
	}{
		{"all is well", func(*testing.T, *Rulebook, string, *patchy) {}, accepted, "", 1, 1, nil},
		{"the answer is lost", func(_ *testing.T, _ *Rulebook, _ string, p *patchy) {
			p.push = once(func(deliver func() error) error { return errors.Join(deliver(), errCut) })
		}, accepted, "", 1, 1, nil},
		{"the request is lost", func(_ *testing.T, _ *Rulebook, _ string, p *patchy) {
			p.push = once(func(func() error) error { return errCut })
		}, accepted, "", 1, 2, nil},
		{"somebody is faster", func(t *testing.T, _ *Rulebook, host string, p *patchy) {
			work := outsider(t, host)
			p.push = once(func(deliver func() error) error { outsideLine(t, work, "theirs"); return deliver() })
		}, []string{"first", "theirs", "ours"}, "", 2, 2, nil},
		{"somebody is faster and the request is lost", func(t *testing.T, _ *Rulebook, host string, p *patchy) {
			work := outsider(t, host)
			p.push = once(func(func() error) error { outsideLine(t, work, "theirs"); return errCut })
		}, []string{"first", "theirs", "ours"}, "", 2, 2, nil},
		{"the answer is lost and somebody pushes on top", func(t *testing.T, _ *Rulebook, host string, p *patchy) {
			work := outsider(t, host)
			p.push = once(func(deliver func() error) error {
				err := deliver()
				outsideLine(t, work, "theirs")
				return errors.Join(err, errCut)
			})
		}, []string{"first", "ours", "theirs"}, "", 1, 1, nil},
		{"a hook refuses", func(t *testing.T, _ *Rulebook, host string, _ *patchy) {
			hook(t, host, "pre-receive", "echo not on a Sunday; exit 1")
		}, []string{"first"}, "not on a Sunday", 1, 3, nil},
		{"the branch is locked", func(t *testing.T, _ *Rulebook, host string, _ *patchy) {
			write(t, host, "refs/heads/main.lock", nil)
		}, []string{"first"}, "failed to update ref", 1, 3, func(host string) { _ = os.Remove(filepath.Join(host, "refs/heads/main.lock")) }},
		{"the branch is locked for a moment", func(t *testing.T, _ *Rulebook, host string, p *patchy) {
			write(t, host, "refs/heads/main.lock", nil)
			p.push = once(func(deliver func() error) error {
				err := deliver()
				return errors.Join(err, os.Remove(filepath.Join(host, "refs/heads/main.lock")))
			})
		}, accepted, "", 1, 2, nil},
		{"the server cannot store it", func(t *testing.T, _ *Rulebook, host string, _ *patchy) {
			runGit(t, host, "config", "receive.maxInputSize", "1")
		}, []string{"first"}, "unpack", 1, 3, nil},
		{"the server is down", func(_ *testing.T, _ *Rulebook, _ string, p *patchy) { p.down = true }, []string{"first"}, "the server is down", 1, 3, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, host, p := required(t)
			test.fault(t, r, host, p)
			plans := 0
			tree, err := r.Update(t.Context(), func(tree rules.Tree) (rules.Commit, error) {
				plans++
				return appendLine("log", "ours")(tree)
			})
			switch {
			case test.text == "" && err != nil:
				t.Errorf("Update = %v", err)
			case test.text != "" && (err == nil || rules.KindOf(err) != rules.Unavailable || !strings.Contains(err.Error(), test.text) || !strings.Contains(err.Error(), "nothing was changed")):
				t.Errorf("Update = %v, want %s", err, test.text)
			}
			if diff := cmp.Diff(test.want, hostLines(t, host)); diff != "" {
				t.Errorf("on the server (-want +got):\n%s", diff)
			}
			if plans != test.plans || p.now().pushes > test.atMost {
				t.Errorf("%d plans and %d pushes, want %d and at most %d", plans, p.now().pushes, test.plans, test.atMost)
			}
			if err == nil {
				if now, err := r.Head(t.Context()); err != nil || now.Revision() != tree.Revision() {
					t.Errorf("the head is %v, %v", now, err)
				}
			}
			if got := r.Doubts(); got != nil {
				t.Errorf("in doubt: %q", got)
			}
			if got := runGit(t, r.dir, "for-each-ref", doubtRefs); got != "" {
				t.Errorf("left: %s", got)
			}
			if test.restore != nil {
				test.restore(host)
			}
		})
	}
}

// TestDoubt has the server answer nothing to a push, and not be there any more afterwards.
func TestDoubt(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		apply    bool // the server took the push
		then     func(t *testing.T, r *Rulebook, host string)
		accepted bool
		want     []string
	}{
		{"it took it", true, nil, true, []string{"first", "ours"}},
		{"it took it and somebody pushed on top", true, func(t *testing.T, _ *Rulebook, host string) { outsideLine(t, outsider(t, host), "theirs") }, true, []string{"first", "ours", "theirs"}},
		{"it did not take it", false, nil, true, []string{"first", "ours"}}, // it is pushed again
		{"it did not take it and somebody pushed", false, func(t *testing.T, _ *Rulebook, host string) { outsideLine(t, outsider(t, host), "theirs") }, false, []string{"first", "theirs"}},
		{"it did not take it and does not want it", false, func(t *testing.T, r *Rulebook, host string) {
			r.sync.rest = 0
			hook(t, host, "update", "exit 1")
		}, false, []string{"first"}},
	}
	for _, test := range tests {
		for _, restart := range []string{"while it runs", "after a restart", "after a restart without the server"} {
			t.Run(test.name+", "+restart, func(t *testing.T) {
				t.Parallel()
				r, host, p := required(t)
				ctx, cancel := context.WithCancel(t.Context())
				vanish(p, test.apply, cancel)
				_, err := r.Update(ctx, appendLine("log", "ours"))
				if rules.KindOf(err) != rules.Uncertain {
					t.Fatalf("Update = %v, want Uncertain", err)
				}
				if diff := cmp.Diff([]string{"ours"}, r.Doubts()); diff != "" {
					t.Errorf("in doubt (-want +got):\n%s", diff)
				}
				back := func() {
					if test.then != nil {
						test.then(t, r, host)
					}
					p.set(func(p *patchy) { p.down, p.push = false, nil })
				}
				reopen := func() {
					if err := r.Close(); err != nil {
						t.Fatal(err)
					}
					rest := r.sync.rest
					r = openBook(t, Options{Dir: r.dir, Remote: p, Required: true, tune: func(s *syncing) { s.rest = rest }})
				}
				switch restart {
				case "after a restart":
					back()
					reopen()
				case "after a restart without the server":
					reopen()
					if diff := cmp.Diff([]string{"ours"}, r.Doubts()); diff != "" {
						t.Errorf("in doubt after the restart (-want +got):\n%s", diff)
					}
					if r.Remote().Err == nil {
						t.Error("the status does not say that the server does not answer")
					}
					back()
				default:
					back()
				}
				decided := make(chan bool, 10)
				told := len(r.Doubts()) > 0 // else the rulebook says it to who asks
				keepUp(t, r, Following{Decided: func(_ context.Context, request string, accepted bool) {
					if request == "ours" {
						decided <- accepted
					}
				}})
				r.Kick()
				if told {
					select {
					case got := <-decided:
						if got != test.accepted {
							t.Errorf("decided: %t, want %t", got, test.accepted)
						}
					case <-time.After(20 * time.Second):
						t.Fatal("nobody was told how it ended")
					}
				}
				if found, err := r.FindRequest(t.Context(), "ours"); err != nil || len(found) == 1 != test.accepted || len(found) > 1 {
					t.Errorf("the rulebook has %v, %v", found, err)
				}
				if diff := cmp.Diff(test.want, hostLines(t, host)); diff != "" {
					t.Errorf("on the server (-want +got):\n%s", diff)
				}
				same(t, r, host)
				if got := runGit(t, r.dir, "for-each-ref", doubtRefs); got != "" || r.Doubts() != nil {
					t.Errorf("still in doubt: %s %q", got, r.Doubts())
				}
				hook(t, host, "update", "exit 0")
				add(t, r, "next")
			})
		}
	}
}

// TestDoubtEndsWhereNothingHasToBePushed has an operator choose, while a change is in doubt, that changes need not be pushed any more.
func TestDoubtEndsWhereNothingHasToBePushed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		taken    bool // the server took the push
		refuses  bool // it takes nothing now
		more     bool // changes were made before it answered
		accepted bool
		want     []string // on the server
	}{
		{"it took it", true, false, false, true, []string{"first", "ours"}},
		{"it did not take it", false, false, false, true, []string{"first", "ours"}},
		{"it did not take it and does not want it", false, true, false, false, []string{"first"}},
		{"it took it and there are other changes", true, false, true, true, []string{"first", "ours", "more"}},
		{"it did not take it and there are other changes", false, false, true, false, []string{"first", "more"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, host, p := required(t)
			ctx, cancel := context.WithCancel(t.Context())
			vanish(p, test.taken, cancel)
			if _, err := r.Update(ctx, appendLine("log", "ours")); rules.KindOf(err) != rules.Uncertain {
				t.Fatalf("Update = %v, want Uncertain", err)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			r = openBook(t, Options{Dir: r.dir, Remote: p, tune: func(s *syncing) { s.rest = 0 }})
			if diff := cmp.Diff([]string{"ours"}, r.Doubts()); diff != "" {
				t.Errorf("in doubt after the start (-want +got):\n%s", diff)
			}
			if test.more {
				add(t, r, "more")
			}
			if test.refuses {
				hook(t, host, "update", "exit 1")
			}
			p.set(func(p *patchy) { p.down, p.push = false, nil })
			decided := make(chan bool, 10)
			keepUp(t, r, Following{
				Interval: 100 * time.Millisecond, // what was pushed decides in the next round
				Decided:  func(_ context.Context, _ string, accepted bool) { decided <- accepted },
			})
			select {
			case got := <-decided:
				if got != test.accepted {
					t.Errorf("decided: %t, want %t", got, test.accepted)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("nobody was told how it ended")
			}
			same(t, r, host)
			if diff := cmp.Diff(test.want, hostLines(t, host)); diff != "" {
				t.Errorf("on the server (-want +got):\n%s", diff)
			}
			if got := runGit(t, r.dir, "for-each-ref", doubtRefs); got != "" || r.Doubts() != nil {
				t.Errorf("still in doubt: %s %q", got, r.Doubts())
			}
		})
	}
}

// TestReceivingWaitsNoLonger than its context: somebody else fetches, and that takes its time.
func TestReceivingWaitsNoLonger(t *testing.T) {
	t.Parallel()
	r, _, _ := required(t)
	done, err := r.sync.lockReceiving(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.receive(ctx, plumbing.NewHash("1")); !errors.Is(err, context.Canceled) || rules.KindOf(err) != rules.Unavailable {
		t.Errorf("receive = %v", err)
	}
	done()
	add(t, r, "ours")
}

// A push that was lost to somebody faster is written down until its note can be removed: what the note names stays until then, and the next start ends it.
func TestALostPushStaysWrittenDownWhileItsNoteIsLocked(t *testing.T) {
	t.Parallel()
	r, host, p := required(t)
	work := outsider(t, host)
	var lock string
	p.set(func(p *patchy) {
		p.push = once(func(deliver func() error) error {
			outsideLine(t, work, "theirs")
			refs, err := filepath.Glob(filepath.Join(r.dir, doubtRefs, "*"))
			if err != nil || len(refs) != 1 {
				t.Errorf("notes of pushes: %q, %v", refs, err)
				return err
			}
			lock = refs[0] + ".lock" // as `git pack-refs` has it
			if err := os.WriteFile(lock, nil, 0o644); err != nil {
				t.Error(err)
			}
			return deliver()
		})
	})
	if _, err := r.Update(t.Context(), appendLine("log", "ours")); rules.KindOf(err) != rules.Uncertain {
		t.Errorf("Update = %v, want Uncertain: that it was lost cannot be written down", err)
	}
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	runGit(t, r.dir, "fsck", "--full", "--strict")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	again := openBook(t, Options{Dir: r.dir, Remote: at(t, host), Required: true})
	add(t, again, "after")
	if diff := cmp.Diff([]string{"first", "theirs", "after"}, hostLines(t, host)); diff != "" {
		t.Errorf("on the server (-want +got):\n%s", diff)
	}
	keepUp(t, again, Following{})
	until(t, "nothing is in doubt", func() bool { return again.Doubts() == nil && runGit(t, r.dir, "for-each-ref", doubtRefs) == "" })
}

// TestRewrittenIsOverBeforeItIsTold has a command find that the server's history was rewritten, and that over before anybody is told: nobody is told.
func TestRewrittenIsOverBeforeItIsTold(t *testing.T) {
	t.Parallel()
	r, host, _ := required(t)
	add(t, r, "one")
	was := strings.TrimSpace(runGit(t, host, "rev-parse", "main"))
	runGit(t, host, "update-ref", "refs/heads/main", "main~1")
	if _, err := r.Update(t.Context(), appendLine("log", "two")); err == nil || r.Remote().Rewritten == nil {
		t.Fatalf("Update = %v, rewritten: %+v", err, r.Remote().Rewritten)
	}
	runGit(t, host, "update-ref", "refs/heads/main", was)
	said := make(chan string, 10)
	stop := keepUp(t, r, Following{
		Rewritten: func(context.Context, rules.Rewritten) { said <- "rewritten" },
		Followed:  func(context.Context) { said <- "followed" },
	})
	if got := <-said; got != "followed" {
		t.Errorf("told first that it is %s", got)
	}
	stop()
	if len(said) > 0 {
		t.Errorf("and then that it is %s", <-said)
	}
}

// The note of a push whose commit is lost, as an older release could leave it, stops no start.
func TestANoteOfAPushWithoutItsCommitIsRemoved(t *testing.T) {
	t.Parallel()
	r, host, _ := required(t)
	add(t, r, "one")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	ref := filepath.Join(r.dir, doubtRefs, strings.Repeat("1", 40)+"-"+strings.Repeat("2", 40))
	if err := errors.Join(os.MkdirAll(filepath.Dir(ref), 0o755), os.WriteFile(ref, []byte(strings.Repeat("2", 40)+"\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	again := openBook(t, Options{Dir: r.dir, Remote: at(t, host), Required: true})
	if got := runGit(t, r.dir, "for-each-ref", doubtRefs); got != "" || again.Doubts() != nil {
		t.Errorf("still there: %s %q", got, again.Doubts())
	}
	add(t, again, "two")
}

// TestDoubtStopsNobody: the next change decides about the one in doubt.
func TestDoubtStopsNobody(t *testing.T) {
	t.Parallel()
	for _, taken := range []bool{true, false} {
		t.Run(fmt.Sprint("taken: ", taken), func(t *testing.T) {
			t.Parallel()
			r, host, p := required(t)
			ctx, cancel := context.WithCancel(t.Context())
			vanish(p, taken, cancel)
			if _, err := r.Update(ctx, appendLine("log", "one")); rules.KindOf(err) != rules.Uncertain {
				t.Fatalf("Update = %v, want Uncertain", err)
			}
			p.set(func(p *patchy) { p.down, p.push = false, nil })
			add(t, r, "two")
			want := []string{"first", "two"}
			if taken {
				want = []string{"first", "one", "two"}
			}
			if diff := cmp.Diff(want, hostLines(t, host)); diff != "" {
				t.Errorf("on the server (-want +got):\n%s", diff)
			}
			decided := make(chan bool, 10)
			keepUp(t, r, Following{Decided: func(_ context.Context, _ string, accepted bool) { decided <- accepted }})
			if got := <-decided; got != taken {
				t.Errorf("decided: %t, want %t", got, taken)
			}
			if r.Doubts() != nil {
				t.Errorf("still in doubt: %q", r.Doubts())
			}
		})
	}
}

// TestStaleServer has a server that answers with what it knew before: that is no rewritten history and no lost race.
func TestStaleServer(t *testing.T) {
	t.Parallel()
	r, host, p := required(t)
	old := plumbing.NewHash(strings.TrimSpace(runGit(t, host, "rev-parse", "main")))
	add(t, r, "one")
	p.set(func(p *patchy) {
		p.tip = func(plumbing.Hash) plumbing.Hash { return old }
		p.push = once(func(deliver func() error) error { return errors.Join(deliver(), errCut) })
	})
	if _, err := r.Update(t.Context(), appendLine("log", "two")); err != nil { // the second push finds it there
		t.Errorf("Update = %v", err)
	}
	if diff := cmp.Diff([]string{"first", "one", "two"}, hostLines(t, host)); diff != "" {
		t.Errorf("on the server (-want +got):\n%s", diff)
	}
}

// TestRefusedForAnother has many changes at once of which the server refuses one: the others are taken. A server that refuses all of them is soon believed.
func TestRefusedForAnother(t *testing.T) {
	t.Parallel()
	r, host, p := required(t)
	plans := make([]plan, 16)
	for i := range plans {
		plans[i] = appendLine("log", fmt.Sprintf("line%d", i))
	}
	hook(t, host, "pre-receive", `read old new ref; git log --format=%s $old..$new | grep -q 'add line5$' && { echo "no fives" >&2; exit 1; }; exit 0`)
	for i, o := range inOneBatch(t, r, nil, nil, plans...) {
		if refused := isRejected(o.err); refused != (i == 5) || !refused && o.err != nil || refused && !strings.Contains(textOf(o.err), "no fives") {
			t.Errorf("change %d: %v", i, o.err)
		}
	}
	if lines := hostLines(t, host); len(lines) != len(plans) || slices.Contains(lines, "line5") {
		t.Errorf("the server has %q", lines)
	}
	hook(t, host, "pre-receive", `echo "nothing today" >&2; exit 1`)
	before := p.now().pushes
	for i := range plans {
		plans[i] = appendLine("log", fmt.Sprintf("more%d", i))
	}
	refused := func(tried int) {
		t.Helper()
		for i, o := range inOneBatch(t, r, nil, nil, plans...) {
			said, untried := strings.Contains(textOf(o.err), "nothing today"), strings.Contains(textOf(o.err), "not tried")
			if rules.KindOf(o.err) != rules.Unavailable || !strings.Contains(textOf(o.err), "nothing was changed") || said != (i < tried) || untried == said {
				t.Errorf("change %d: %v", i, o.err)
			}
		}
	}
	refused(maxRefusals)
	if n := p.now().pushes - before; n > maxRefusals*(maxRefusals+6) {
		t.Errorf("the server was asked %d times", n)
	}
	r.sync.parts = 0
	before = p.now().pushes
	refused(0)
	if n := p.now().pushes - before; n != maxRefusals {
		t.Errorf("the server was asked %d times when there was no time for parts", n)
	}
	fsck(t, r.dir)
}

// TestDoubtIsNotPartedForRefusals has pushes of several changes be refused of which one may have been taken before: none of them is tried again, by itself
// or at all, as it is not known that nothing was changed.
func TestDoubtIsNotPartedForRefusals(t *testing.T) {
	t.Parallel()
	no := &remote.Rejected{Reason: "cannot lock ref"}
	for name, fault := range map[string]func(r *Rulebook, p *patchy, giveUp func()){
		"one is cut and those after it are refused": func(_ *Rulebook, p *patchy, giveUp func()) {
			cut := once(func(func() error) error { return errCut })
			p.push = func(func() error) error {
				return cut(func() error { giveUp(); return no })
			}
		},
		"one is refused and the server goes away": func(r *Rulebook, p *patchy, _ func()) {
			r.sync.patience = 0
			p.push = func(func() error) error {
				p.set(func(p *patchy) { p.down = true })
				return no
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, host, p := required(t)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			fault(r, p, giveUp)
			for i, o := range inOneBatch(t, r, nil, []context.Context{ctx, ctx}, appendLine("log", "one"), appendLine("log", "two")) {
				if rules.KindOf(o.err) != rules.Uncertain {
					t.Errorf("change %d: %v, want Uncertain", i, o.err)
				}
			}
			if diff := cmp.Diff([]string{"one", "two"}, r.Doubts()); diff != "" {
				t.Errorf("in doubt (-want +got):\n%s", diff)
			}
			p.set(func(p *patchy) { p.down, p.push = false, nil })
			r.sync.patience = pushPatience
			if err := r.round(t.Context()); err != nil {
				t.Errorf("a round: %v", err)
			}
			if diff := cmp.Diff([]string{"first", "one", "two"}, hostLines(t, host)); diff != "" || r.Doubts() != nil {
				t.Errorf("on the server (-want +got):\n%s\nin doubt: %q", diff, r.Doubts())
			}
		})
	}
}

// TestRefusedForWhatCameBefore has the server refuse what was committed before changes had to be pushed: that says nothing of the changes that wait for it,
// and however many they are, it is no more certain than one look at the server makes it.
func TestRefusedForWhatCameBefore(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	p := patch(at(t, host))
	r := openBook(t, Options{Remote: p})
	add(t, r, "first")
	if err := r.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	add(t, r, "bad")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	hook(t, host, "pre-receive", "exit 1")
	r = openBook(t, Options{Dir: r.dir, Remote: p, Required: true})
	plans := make([]plan, 8)
	for i := range plans {
		plans[i] = appendLine("log", fmt.Sprintf("line%d", i))
	}
	for range certainRefusals + 1 {
		before := p.now().pushes
		for i, o := range inOneBatch(t, r, nil, nil, plans...) {
			if rules.KindOf(o.err) != rules.Unavailable || !strings.Contains(textOf(o.err), "nothing was changed") || !strings.Contains(textOf(o.err), "everything that came before") {
				t.Errorf("change %d: %v", i, o.err)
			}
		}
		if n := p.now().pushes - before; n != 1 {
			t.Errorf("what came before was pushed %d times for one batch", n)
		}
	}
	for i := range certainRefusals {
		if refusal := r.Remote().Refusal; refusal != nil {
			t.Errorf("after %d looks at the server: %+v", i, refusal)
		}
		if err := r.round(t.Context()); !isRejected(err) {
			t.Fatalf("a round: %v, want that the server says no", err)
		}
	}
	if r.Remote().Refusal == nil {
		t.Errorf("after %d looks at the server nothing is certain", certainRefusals)
	}
}
