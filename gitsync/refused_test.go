package gitsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// pushedBook returns a rulebook whose first commit its server has, and where that keeps it.
func pushedBook(t *testing.T) (host string, r *Rulebook) {
	t.Helper()
	host = gitHost(t)
	r = openBook(t, Options{Remote: at(t, host)})
	add(t, r, "first")
	if err := r.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	return host, r
}

// TestLeftOut has a server refuse one commit for good: it is told of once it is certain, nothing is left out while something of it is in force or before the
// server has refused it together with all that came since, and then everything else is pushed, in order and once.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	host, r := pushedBook(t)
	hook(t, host, "pre-receive", `read old new ref; git log --format=%B $old..$new | grep '^Request-Id: bad$' >/dev/null && git log --format=%s $old..$new | grep -v standin | grep -q bad && { echo no >&2; exit 1; }; exit 0`)
	left := false
	told := 0
	var asked []string // about which states
	f := &Following{
		Replan: func(ctx context.Context, own rules.OwnCommit, onto rules.Tree) (rules.Commit, error) {
			if own.Refused {
				return rules.Commit{Author: aiko, When: noon, Subject: "standin", Trailers: own.Trailers, Files: map[string][]byte{"notes": []byte("left out")}}, nil
			}
			if own.Without != left {
				t.Errorf("%s is planned again, and said to be without what is refused: %v", own.Subject, own.Without)
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

// TestRefusedWhileOthersPush has a commit that the server refuses planned again on top of what others push: it is the same one, of which everybody knows.
func TestRefusedWhileOthersPush(t *testing.T) {
	t.Parallel()
	for name, commit := range map[string]func(t *testing.T, r *Rulebook){
		"a commit of ours": func(t *testing.T, r *Rulebook) { t.Helper(); add(t, r, "bad") },
		"a commit that somebody made here": func(t *testing.T, r *Rulebook) {
			t.Helper()
			work := outsider(t, r.dir)
			runGit(t, work, "fetch", "-q", "origin")
			runGit(t, work, "reset", "-q", "--hard", "origin/main")
			write(t, work, "notes", []byte("bad\n"))
			runGit(t, work, "add", "-A")
			runGit(t, work, "commit", "-q", "-m", "add bad")
			runGit(t, work, "push", "-q", "origin", "HEAD:main")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host, r := pushedBook(t)
			hook(t, host, "pre-receive", `read old new ref; git log --format=%s $old..$new | grep -q bad && exit 1; exit 0`)
			told := 0
			f := &Following{Replan: again, Refused: func(context.Context, rules.PushRefusal) { told++ }}
			r.setFollower(f)
			commit(t, r)
			round := func() {
				t.Helper()
				if err := r.round(t.Context()); !isRejected(err) {
					t.Fatalf("a round: %v, want that the server says no", err)
				}
				r.tell(t.Context(), f)
			}
			for range certainRefusals {
				round()
			}
			was := r.Remote().Refusal
			if was == nil || told != 1 {
				t.Fatalf("after %d refusals: %+v, told %d times", certainRefusals, was, told)
			}
			work := outsider(t, host)
			for i := range certainRefusals {
				outsideLine(t, work, fmt.Sprintf("theirs%d", i))
				round()
				now := r.Remote().Refusal
				if now == nil || !now.Since.Equal(was.Since) || now.Commit.Revision == was.Commit.Revision || now.Commit.Subject != was.Commit.Subject {
					t.Errorf("planned again it is %+v, want one that is as certain as %+v", now, was)
				}
			}
			if told != 1 {
				t.Errorf("told %d times", told)
			}
		})
	}
}

// TestPushedThoughNotLeftOut has nobody able to say whether a commit that was refused may be left out: it is pushed once the server takes it.
func TestPushedThoughNotLeftOut(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host, dir := pushedBook(t)
		add(t, dir, "bad")
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
		r := openBook(t, Options{Dir: dir.dir, Remote: at(t, host), Required: required})
		unknown := errors.New("a rule file cannot be read")
		r.setFollower(&Following{Replan: again, NothingLeft: func(context.Context, rules.OwnCommit, rules.Tree) (bool, error) { return false, unknown }})
		hook(t, host, "pre-receive", "exit 1")
		for range certainRefusals {
			if err := r.round(t.Context()); !isRejected(err) {
				t.Fatalf("a round: %v, want that the server says no", err)
			}
		}
		hook(t, host, "pre-receive", "exit 0")
		if err := r.round(t.Context()); !errors.Is(err, unknown) {
			t.Errorf("a round: %v, want %v", err, unknown)
		}
		if diff := cmp.Diff([]string{"first", "bad"}, hostLines(t, host)); diff != "" {
			t.Errorf("on the server (-want +got):\n%s", diff)
		}
		if err := r.round(t.Context()); err != nil {
			t.Errorf("the next round: %v", err)
		}
	})
}
