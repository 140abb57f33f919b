package rules_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// What stands in place of a commit that the Git server refuses says nothing of which the server may have something against: no name, no person, no place.
func TestWhatStandsInForARefusedCommitNamesNothing(t *testing.T) {
	b := newBench(t)
	b.adopt(t)
	out := b.Apply(t.Context(), request("r1"), rules.Delete{Address: "old"})
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)
	own.Refused = true
	in, err := b.Replan(t.Context(), own, own.After)
	if err != nil {
		t.Fatal(err)
	}
	want := rules.Commit{
		Author: rules.Person{ID: "alertsmith", Name: "Alertsmith"}, When: own.When, Subject: "conflict: the change of the request r1", Body: "left out: the Git server refuses it, and nothing of it was in force any more",
		Trailers: []rules.Trailer{
			{Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: "conflict"}, {Key: "Displaces", Value: out.Revision}, {Key: "Displaced-Action", Value: "delete"},
			{Key: "Displaced-As-Refused", Value: "yes"}, {Key: "Request-Id", Value: "r1"},
		},
		Files: map[string][]byte{"journal/page.md": in.Files["journal/page.md"]},
	}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Errorf("the commit in its place (-want +got):\n%s", diff)
	}
	before, err := own.After.Read("journal/page.md")
	if err != nil {
		t.Fatal(err)
	}
	if line := strings.TrimPrefix(string(in.Files["journal/page.md"]), string(before)); line != "conflict conflict: the change of the request r1 r1\n" {
		t.Errorf("the page gets %q", line)
	}
	stands := b.store.Commit(in).Revision()
	b.start()
	b.session(t)
	if w := b.waitSettled(t); w.Request.ID != "r1" || !w.Outcome.LeftOut() || w.Outcome.Action != "delete" || w.Outcome.Revision != out.Revision || w.Outcome.Undone != stands {
		t.Errorf("settled %+v", w)
	}
}

// A change that does not fit without one that is left out is said to lack that, and not to have come after somebody else's push: there was none.
func TestAChangeThatNeedsARefusedOneIsSettledWithThat(t *testing.T) {
	b := newBench(t)
	stop := b.withOld(t)
	out := b.Apply(t.Context(), request("r1"), rules.Edit{Address: "old", Alteration: rules.Alteration{Expr: "up == 1"}})
	if out.State != rules.Live {
		t.Fatalf("outcome %+v", out)
	}
	own := b.own(t, out.Revision)
	own.Without = true
	stop()
	onto := b.store.Commit(rules.Commit{Subject: "without it", Files: map[string][]byte{"prometheus/ops/old.yaml": nil}})
	again, err := b.Replan(t.Context(), own, onto)
	if err != nil {
		t.Fatal(err)
	}
	if rules.TrailerOf(again.Trailers, "Displaced-As-Refused") != "before" || !strings.Contains(again.Body, "not kept, as the Git server refuses a change before it: ") ||
		strings.Contains(again.Body, "somebody else") {
		t.Errorf("planned again as %+v", again)
	}
	conflict := b.own(t, b.store.Commit(again).Revision())
	kept, err := b.Replan(t.Context(), conflict, conflict.After) // as somebody pushed then
	if err != nil || kept.Body != again.Body || !cmp.Equal(kept.Trailers, again.Trailers) {
		t.Errorf("once more it is planned as %+v (%v), want it to go on saying why", kept, err)
	}
	b.start()
	b.session(t)
	w := b.waitSettled(t)
	if o := w.Outcome; !o.LacksRefused() || o.LeftOut() || w.Request.ID != "r1" || o.Action != "edit" || !strings.HasPrefix(o.Reason, "the Git server refuses a change before it, without which this does not fit: ") {
		t.Errorf("settled %+v", w)
	}
}
