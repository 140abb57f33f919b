package gitsync

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestLeftOut has a server refuse one commit for good: it is told of once it is certain, nothing is left out while something of it is in force or before the
// server has refused it together with all that came since, and then everything else is pushed, in order and once.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	r := openBook(t, Options{Remote: at(t, host)})
	add(t, r, "first")
	if err := r.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	hook(t, host, "pre-receive", `read old new ref; git log --format=%B $old..$new | grep '^Request-Id: bad$' >/dev/null && git log --format=%s $old..$new | grep -v standin | grep -q bad && { echo no >&2; exit 1; }; exit 0`)
	left := false
	told := 0
	var asked []string // about which states
	f := &Following{
		Replan: func(ctx context.Context, own rules.OwnCommit, onto rules.Tree) (rules.Commit, error) {
			if own.Refused {
				return rules.Commit{Author: aiko, When: noon, Subject: "standin", Trailers: own.Trailers, Files: map[string][]byte{"notes": []byte("left out")}}, nil
			}
			return again(ctx, own, onto)
		},
		NothingLeft: func(_ context.Context, own rules.OwnCommit, now rules.Tree) (bool, error) {
			asked = append(asked, now.Revision())
			return own.Trailer("Request-Id") == "bad" && left, nil
		},
		Refused: func(_ context.Context, refused rules.PushRefusal) {
			told++
			if refused.Behind != 1 || refused.Reason == "" || !slices.Equal(refused.Said, []string{"no"}) || refused.Commit.Trailer("Request-Id") != "bad" {
				t.Errorf("told of %+v", refused)
			}
		},
	}
	r.setFollower(f)
	add(t, r, "bad")
	refused := add(t, r, "good").Revision()
	for i := range certainRefusals + 2 {
		if certain := r.Remote().Refusal != nil; certain != (i >= certainRefusals) {
			t.Errorf("after %d refusals: %+v", i, r.Remote().Refusal)
		}
		if err := r.round(t.Context()); !isRejected(err) {
			t.Fatalf("a round: %v, want that the server says no", err)
		}
		r.tell(t.Context(), f)
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	left = true
	add(t, r, "later")
	if err := r.round(t.Context()); err != nil {
		t.Errorf("the round that leaves it out: %v", err)
	}
	if slices.ContainsFunc(asked, func(at string) bool { return at != refused }) {
		t.Errorf("asked about %v, and not about %s, which the server has refused as a whole", asked, refused)
	}
	if diff := cmp.Diff([]string{"first", "good", "later"}, hostLines(t, host)); diff != "" {
		t.Errorf("the server's lines (-want +got):\n%s", diff)
	}
	if now := r.Remote(); now.Unpushed != 0 || now.Refusal != nil {
		t.Errorf("the server stands so: %+v", now)
	}
	if kept := runGit(t, r.dir, "for-each-ref", "--format=%(refname)", keptRefs); strings.Count(kept, "\n") != 1 {
		t.Errorf("kept: %q", kept)
	}
	same(t, r, host)
}
