package rules_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// slowHead is a rulebook of which the service reads a head that is old when it has it: while has ends when something newer is committed.
type slowHead struct {
	*rulestest.Store
	while atomic.Pointer[func()]
}

type inTheBackground struct{}

func (s *slowHead) Head(ctx context.Context) (rules.Tree, error) {
	tree, err := s.Store.Head(ctx)
	if ctx.Value(inTheBackground{}) != nil {
		if while := s.while.Swap(nil); while != nil {
			(*while)()
		}
	}
	return tree, err
}

// A change that is committed while a reconciliation has read the rulebook already is brought with what it changed.
func TestAChangeDuringAReconciliationIsBrought(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	slow := &slowHead{Store: b.store}
	b.Store = slow
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), inTheBackground{}, true))
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for i := range 10 {
		await(t, func() bool { return b.Status(t.Context()).Reconciled })
		done := make(chan rules.Outcome, 1)
		while := func() {
			n := len(b.store.Commits())
			go func() { done <- b.Apply(t.Context(), request(fmt.Sprint("r", i)), nodeDown(fmt.Sprint("mine", i))) }()
			await(t, func() bool {
				return len(b.store.Commits()) > n && slices.Contains(b.steps.all(), "prometheus "+rules.StepCommitted)
			})
			time.Sleep(10 * time.Millisecond) // so that it is sure to be on its way
		}
		slow.while.Store(&while)
		b.Moved(t.Context())
		if out := <-done; out.State != rules.Live {
			t.Fatalf("outcome %+v", out)
		}
	}
}

// A start that finds everything as it should be asks the ruler once for all that it runs: with 10,000 rules that is most of the start.
func TestAReconciliationAsksOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if out := b.Apply(t.Context(), request("r1"), nodeDown("mine")); out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	var asked atomic.Int64
	b.prometheus.Set(func(r *rulestest.Ruler) {
		r.OnRunning = func(running []rules.RunningRule) ([]rules.RunningRule, error) {
			asked.Add(1)
			return running, nil
		}
	})
	b.start()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- b.Run(ctx) }()
	await(t, func() bool { return b.Status(t.Context()).Reconciled })
	cancel()
	<-ended
	if got := asked.Load(); got != 1 {
		t.Errorf("the ruler was asked %d times, want 1", got)
	}
	if status := b.Status(t.Context()).Rulers[0]; status.Rules != 1 || status.Running != 1 {
		t.Errorf("status %+v", status)
	}
}
