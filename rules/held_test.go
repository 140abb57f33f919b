package rules_test

import (
	"context"
	"testing"

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
