package rules_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// What somebody pushed is in force as long as the rulebook has what it brought, whatever a change of ours that was planned again on top of it did to the same rules.
func TestAPushStandsByWhatItBrought(t *testing.T) {
	t.Parallel()
	was := string(fileOf("up == 0", "old"))
	pushed := string(fileOf("up == 1", "old", "more"))
	every := func(text string) string {
		return strings.Replace(text, "    rules:", "    interval: 10s\n    rules:", 1)
	}
	for name, test := range map[string]struct {
		pushed, planned string
		want            rules.State
	}{
		"the interval of its group was set":      {pushed, every(pushed), rules.Live},
		"a label was set":                        {pushed, pushed + "        labels:\n          severity: page\n", rules.Live},
		"its expression was changed":             {pushed, strings.Replace(pushed, "up == 1", "up == 2", 1), rules.Superseded},
		"its rule was deleted":                   {pushed, string(fileOf("up == 1", "old")), rules.Superseded},
		"what it deleted is there again":         {string(fileOf("up == 1", "more")), pushed, rules.Superseded},
		"the interval that it set was set again": {every(was), strings.Replace(every(was), "10s", "20s", 1), rules.Superseded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.adopt(t)
			revision := b.push(t, "theirs", map[string][]byte{"prometheus/ops/old.yaml": []byte(test.pushed)})
			b.store.Commit(rules.Commit{Subject: "ours", Trailers: []rules.Trailer{{Key: "Request-Id", Value: "r1"}}, Files: map[string][]byte{"prometheus/ops/old.yaml": []byte(test.planned)}})
			b.Moved(t.Context())
			p := b.waitPush(t)
			head, err := b.BookAt(t.Context(), p.Head)
			if err != nil {
				t.Fatal(err)
			}
			r := rules.NewRebuilder([]rules.RulerInfo{b.prometheus.Info(), b.loki.Info()}, rules.Person{}, func(_ context.Context, id string) ([]byte, error) { return contentOf(b.store, id), nil })
			var told rules.Outcome
			r.Push(t.Context(), p, head, p.Commits, func(_ rules.PastCommit, out rules.Outcome, err error) {
				if told = out; err != nil || out.State != test.want {
					t.Errorf("it stands as %s, %s (%v), want %s", out.State, out.Reason, err, test.want)
				}
			})
			// And so it does where it is waited for.
			told.Ruler, told.State, told.Revision = "prometheus", rules.Pending, revision
			b.Watch(rules.Waiting{Request: rules.Request{ID: "git1", Entry: rules.EntryGit}, Since: time.Now(), Outcome: told})
			b.push(t, "something else", map[string][]byte{"prometheus/ops/else.yaml": fileOf("up == 9", "else")})
			b.Moved(t.Context())
			if w := b.waitSettled(t); w.Outcome.State != test.want {
				t.Errorf("it settled as %s, %s, want %s", w.Outcome.State, w.Outcome.Reason, test.want)
			}
		})
	}
}
