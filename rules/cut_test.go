package rules_test

import (
	"context"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// unlisted is a rulebook with a commit whose files are not listed.
type unlisted struct {
	*rulestest.Store
	subject string
	cut     bool // as there are too many of them
}

func (s unlisted) Log(ctx context.Context, from, to string, visit func(rules.PastCommit) error) error {
	return s.Store.Log(ctx, from, to, func(c rules.PastCommit) error {
		if c.Subject == s.subject {
			c.Files, c.Cut = nil, s.cut
		}
		return visit(c)
	})
}

// While a push is held commands change rules; then somebody pushes so much that nobody looks at all of it. What the commands left stays in force.
func TestWhatCommandsChangedStaysWhenTheRestCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cut   bool
		stray []rules.Problem
	}{
		"a commit of too many files":             {true, nil},
		"a directory of which not all is listed": {false, []rules.Problem{{Path: "prometheus", Text: "there are more than 200000 files here"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			b.push(t, "bad", map[string][]byte{"prometheus/ops/bad.yaml": []byte("groups: [")})
			b.Moved(t.Context())
			b.waitPush(t)
			if out := b.Apply(t.Context(), request("r1"), nodeDown("mine")); out.State != rules.Live {
				t.Fatalf("outcome %+v", out)
			}
			b.Store = unlisted{b.store, "much", c.cut}
			b.irregular = func(string) []rules.Problem { return c.stray }
			b.push(t, "much", map[string][]byte{"prometheus/ops/mine.yaml": nil})
			b.Moved(t.Context())
			b.waitPush(t)
			if out := b.Apply(t.Context(), request("r2"), nodeDown("after")); out.State != rules.Live {
				t.Fatalf("outcome %+v", out)
			}
			if b.prometheus.Published("ops/mine.yaml") == nil {
				t.Error("what a command added is live no more, and nobody was asked")
			}
		})
	}
}
