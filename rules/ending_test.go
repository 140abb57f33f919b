package rules_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// hanging is a ruler that does not answer a reload while it hangs.
type hanging struct {
	*rulestest.Ruler
	hangs atomic.Bool
	asked chan struct{}
}

func (h *hanging) Reload(ctx context.Context) error {
	if !h.hangs.Load() {
		return h.Ruler.Reload(ctx)
	}
	select {
	case h.asked <- struct{}{}:
	default:
	}
	<-ctx.Done()
	return ctx.Err()
}

// TestTheEndOfTheServiceEndsTheApplyingOfAPush has a ruler hang for longer than anybody waits.
func TestTheEndOfTheServiceEndsTheApplyingOfAPush(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ruler := &hanging{Ruler: b.prometheus, asked: make(chan struct{}, 1)}
	b.Applier = rules.NewApplier(rules.ApplierOptions{
		Store: b.store, Rulers: []rules.Ruler{ruler}, Page: page, Now: time.Now, LiveTimeout: time.Hour, ReconcileInterval: time.Hour,
		LastGood: b.recall("good"), Good: b.remember("good"), Logger: slog.New(slog.DiscardHandler),
		External: func(_ context.Context, push rules.ExternalPush) { b.pushes <- push },
	})
	b.push(t, "what was there", map[string][]byte{"prometheus/ops/old.yaml": fileOf("up == 0", "old")})
	stop := b.session(t)
	await(t, func() bool { return b.recall("good")() != "" && b.Status(t.Context()).Reconciled })
	ruler.hangs.Store(true)
	b.push(t, "more", map[string][]byte{"prometheus/ops/new.yaml": fileOf("up == 0", "new")})
	b.Moved(t.Context())
	<-ruler.asked

	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(patience):
		t.Fatal("the service does not end while a push is applied")
	}
	if p := b.waitPush(t); len(p.Rulers) != 1 || p.Rulers[0].State != rules.Pending {
		t.Errorf("told of %+v, want it pending", p)
	}
}
