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
