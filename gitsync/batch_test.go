package gitsync

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

type plan = func(rules.Tree) (rules.Commit, error)

// outcome is how one update of a batch ended.
type outcome struct {
	tree rules.Tree
	err  error
}

// inOneBatch starts an update that keeps the writer busy, has the plans queue up behind it in their order, lets go, and returns how
// they ended. before runs when they all wait.
func inOneBatch(t *testing.T, r *Rulebook, before func(), ctxs []context.Context, plans ...plan) []outcome {
	t.Helper()
	busy, letGo := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_, err := r.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
			close(busy)
			<-letGo
			return rules.Commit{}, errors.New("only to keep the writer busy")
		})
		if err == nil {
			t.Error("the update that keeps the writer busy succeeded")
		}
	})
	<-busy
	outcomes := make([]outcome, len(plans))
	for i, plan := range plans {
		ctx := t.Context()
		if ctxs != nil && ctxs[i] != nil {
			ctx = ctxs[i]
		}
		group.Go(func() {
			tree, err := r.Update(ctx, plan)
			outcomes[i] = outcome{tree, err}
		})
		for waits := 0; waits <= i; runtime.Gosched() {
			r.queue.mu.Lock()
			waits = len(r.queue.waiting)
			r.queue.mu.Unlock()
		}
	}
	if before != nil {
		before()
	}
	close(letGo)
	group.Wait()
	return outcomes
}

// counting returns options that count the steps.
func counting() (Options, func(step string) int) {
	var mu sync.Mutex
	steps := map[string]int{}
	return Options{Step: func(step string) {
			mu.Lock()
			defer mu.Unlock()
			steps[step]++
		}}, func(step string) int {
			mu.Lock()
			defer mu.Unlock()
			return steps[step]
		}
}

// TestBatch has updates of every kind wait at the same time: they are written together, each as one commit, in the order in which they
// came, and what goes wrong with one is no other's business.
func TestBatch(t *testing.T) {
	t.Parallel()
	o, count := counting()
	r := openBook(t, o)
	update(t, r, map[string][]byte{"log": {}})
	own := errors.New("the plan's own")
	gone, leave := context.WithCancel(t.Context())
	ctxs := make([]context.Context, 8)
	ctxs[5] = gone
	renames := count(StepRefRename)
	refuse := func(rules.Tree) (rules.Commit, error) { return rules.Commit{}, own }
	again := refuse
	got := inOneBatch(t, r, leave, ctxs,
		refuse,
		appendLine("log", "a"),
		again,
		func(rules.Tree) (rules.Commit, error) { panic("a plan that panics") },
		appendLine("log", "b"),
		appendLine("log", "of somebody who left"),
		change(map[string][]byte{"dir/a": []byte("a")}), // what the first update of the batch has written already
		appendLine("log", "c"),
	)
	if n := count(StepRefRename) - renames; n != 1 {
		t.Errorf("the branch moved %d times, want once", n)
	}
	for i, want := range map[int]string{0: own.Error(), 2: own.Error(), 3: "went wrong", 5: "took too long", 6: "nothing to change"} {
		if err := got[i].err; err == nil || got[i].tree != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("update %d: %v, %v; want %q", i, got[i].tree, err, want)
		}
	}
	if cause := errors.Unwrap(got[3].err); !strings.Contains(fmt.Sprint(cause), "a plan that panics") || !strings.Contains(fmt.Sprint(cause), "batch_test.go") {
		t.Errorf("the operator is told %v, want the panic and where it was", cause)
	}
	for i, line := range map[int]string{1: "a", 4: "b", 7: "c"} {
		if got[i].err != nil {
			t.Fatalf("update %d: %v", i, got[i].err)
		}
		want := map[string]string{"a": "a\n", "b": "a\nb\n", "c": "a\nb\nc\n"}[line]
		if data, err := got[i].tree.Read("log"); err != nil || string(data) != want {
			t.Errorf("update %d returned a tree with %q, %v; want %q", i, data, err, want)
		}
		if head, err := r.Head(t.Context()); err != nil || i == 7 && head.Revision() != got[i].tree.Revision() {
			t.Errorf("the head is %v, %v; want the last update's", head, err)
		}
	}
	if log := runGit(t, r.dir, "log", "--reverse", "--format=%s", "main"); log != "add sshd-ban\nadd a\nadd b\nadd c\n" {
		t.Errorf("git log:\n%s", log)
	}
	if len(r.objects.held) != 0 {
		t.Errorf("%d objects stay in memory", len(r.objects.held))
	}
}

// TestBatchOfMany has more updates wait than one batch takes.
func TestBatchOfMany(t *testing.T) {
	t.Parallel()
	o, count := counting()
	r := openBook(t, o)
	update(t, r, map[string][]byte{"log": {}})
	renames := count(StepRefRename)
	var plans []plan
	var want strings.Builder
	for i := range maxBatch + 3 {
		plans = append(plans, appendLine("log", fmt.Sprint(i)))
		fmt.Fprintln(&want, i)
	}
	for i, got := range inOneBatch(t, r, nil, nil, plans...) {
		if got.err != nil {
			t.Errorf("update %d: %v", i, got.err)
		}
	}
	if n := count(StepRefRename) - renames; n != 2 {
		t.Errorf("the branch moved %d times, want twice", n)
	}
	if head, err := r.Head(t.Context()); err != nil || content(t, head, "")["log"] != want.String() {
		t.Errorf("the updates are not in the order in which they came: %v\n%s", err, content(t, head, "")["log"])
	}
}

// TestBatchLosesRace has somebody be faster than a batch: all of it is planned again, also what had failed against a state that never was.
func TestBatchLosesRace(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(t *testing.T, r *Rulebook, work string) plan{
		"on the disk": func(t *testing.T, _ *Rulebook, work string) plan {
			return func(tree rules.Tree) (rules.Commit, error) {
				write(t, work, "log", []byte("outside\n"))
				push(t, work)
				return appendLine("log", "a")(tree)
			}
		},
		"at the server": func(t *testing.T, r *Rulebook, work string) plan {
			r.push = func(context.Context, plumbing.Hash, plumbing.Hash, []plumbing.EncodedObject) error {
				r.push = nil
				write(t, work, "log", []byte("outside\n"))
				push(t, work)
				return fmt.Errorf("the server: %w", errMoved)
			}
			return appendLine("log", "a")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openBook(t, Options{})
			update(t, r, map[string][]byte{"log": {}})
			work := outsider(t, r.dir)
			once := sync.OnceValue(func() plan { return lose(t, r, work) })
			if name == "at the server" {
				once()
			}
			runs := 0
			got := inOneBatch(t, r, nil, nil,
				func(tree rules.Tree) (rules.Commit, error) {
					if runs++; runs == 1 {
						return once()(tree)
					}
					return appendLine("log", "a")(tree)
				},
				func(tree rules.Tree) (rules.Commit, error) {
					data, err := tree.Read("log")
					if err != nil || !strings.HasPrefix(string(data), "outside\n") {
						return rules.Commit{}, errors.New("a refusal by a state that never was")
					}
					return appendLine("log", "b")(tree)
				},
			)
			for i, got := range got {
				if got.err != nil {
					t.Errorf("update %d: %v", i, got.err)
				}
			}
			head, err := r.Head(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if log := content(t, head, "")["log"]; log != "outside\na\nb\n" {
				t.Errorf("the log is %q", log)
			}
			if runs != 2 {
				t.Errorf("%d runs of the first plan, want 2", runs)
			}
		})
	}
}

// TestBatchFails has the disk and the Git server fail under a batch: nothing of it lands, nobody is told what the others' changes
// would have led to, and the next updates succeed.
func TestBatchFails(t *testing.T) {
	t.Parallel()
	refused := func(tree rules.Tree) (rules.Commit, error) {
		if _, err := tree.Read("dir/a"); err == nil {
			return rules.Commit{}, rules.Occupied("dir/a", "exists already")
		}
		return appendLine("log", "b")(tree)
	}
	t.Run("the disk", func(t *testing.T) {
		t.Parallel()
		disk := &faulty{err: syscall.ENOSPC}
		r := openBook(t, Options{wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }})
		before := update(t, r, map[string][]byte{"log": {}})
		got := inOneBatch(t, r, nil, nil, func(tree rules.Tree) (rules.Commit, error) {
			return appendLine("log", "a")(tree)
		}, func(tree rules.Tree) (rules.Commit, error) {
			c, err := refused(tree)
			disk.full.Store(true) // when the batch is written
			return c, err
		})
		disk.full.Store(false)
		for i, got := range got {
			if got.err == nil || rules.KindOf(got.err) != rules.Unavailable || strings.Contains(got.err.Error(), "exists already") {
				t.Errorf("update %d: %v, want Unavailable", i, got.err)
			}
		}
		if e, ok := errors.AsType[*rules.Error](got[0].err); !ok || e.Text != "nothing was changed: the rulebook cannot be written: the disk is full" {
			t.Errorf("the person reads %v", got[0].err)
		}
		if head, err := r.Head(t.Context()); err != nil || head.Revision() != before.Revision() {
			t.Errorf("the head is %v, %v", head, err)
		}
		update(t, r, map[string][]byte{"x": {}})
	})
	for name, test := range map[string]struct {
		err         error
		first, last rules.Kind
	}{
		"the server":                       {errors.New("connection refused"), rules.Unavailable, rules.Unavailable},
		"nobody knows what the server did": {&rules.Error{Kind: rules.Uncertain, Text: "uncertain"}, rules.Uncertain, rules.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := openBook(t, Options{})
			before := update(t, r, map[string][]byte{"log": {}})
			var pushed []plumbing.EncodedObject
			r.push = func(_ context.Context, old, tip plumbing.Hash, made []plumbing.EncodedObject) error {
				if old.String() != before.Revision() || tip.IsZero() {
					t.Errorf("pushed from %s to %s", old, tip)
				}
				pushed = made
				return test.err
			}
			got := inOneBatch(t, r, nil, nil, appendLine("log", "a"), refused)
			if diff := cmp.Diff([]rules.Kind{test.first, test.last}, []rules.Kind{rules.KindOf(got[0].err), rules.KindOf(got[1].err)}); diff != "" {
				t.Errorf("kinds (-want +got):\n%s", diff)
			}
			if len(pushed) != 5 { // two blobs, two directories, a commit
				t.Errorf("%d objects were pushed, want 5", len(pushed))
			}
			if head, err := r.Head(t.Context()); err != nil || head.Revision() != before.Revision() {
				t.Errorf("the head is %v, %v", head, err)
			}
			r.push = nil
			update(t, r, map[string][]byte{"x": {}})
		})
	}
}

// TestLeaderIsTornAway has a plan end the goroutine that leads the batch: nobody waits for ever.
func TestLeaderIsTornAway(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"log": {}})
	ended := make(chan struct{})
	var torn []outcome
	go func() {
		defer close(ended)
		torn = inOneBatch(t, r, nil, nil, appendLine("log", "a"), func(rules.Tree) (rules.Commit, error) { runtime.Goexit(); panic("unreachable") })
	}()
	<-ended
	lost := 0
	for _, o := range torn {
		if o.err != nil {
			lost++
		}
	}
	if lost == 0 {
		t.Error("nobody was told that the batch was torn away")
	}
	update(t, r, map[string][]byte{"x": {}})
}

func BenchmarkUpdateFrom16(b *testing.B) {
	r := openBook(b, Options{})
	files := map[string][]byte{}
	for i := range 1000 {
		files[fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i)] = fmt.Appendf(nil, "rule %d\n", i)
	}
	update(b, r, files)
	next := make(chan int)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for i := range next {
				update(b, r, map[string][]byte{
					fmt.Sprintf("loki/ns%d/rule%d.yaml", i%100, i%1000): fmt.Appendf(nil, "rule %d %d\n", i, i),
					"journal/2026/11/2026-11-21.md":                     fmt.Appendf(nil, "entry %d\n", i),
				})
			}
		})
	}
	for i := 0; b.Loop(); i++ {
		next <- i
	}
	close(next)
	group.Wait()
}
