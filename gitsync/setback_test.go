package gitsync

import (
	"context"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// TestSetBackHere has somebody set the rulebook's branch back here, past Alertsmith and the Git server, which does not answer: what that had is in the rulebook
// all the same, from the very start on or, while the service runs, before anybody hears of it.
func TestSetBackHere(t *testing.T) {
	t.Parallel()
	for name, running := range map[string]bool{"while the service runs": true, "while it does not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, required bool) {
				host := gitHost(t)
				p := patch(at(t, host))
				r := openBook(t, Options{Remote: p, Required: required})
				stop := keepUp(t, r, Following{})
				back := add(t, r, "one").Revision()
				add(t, r, "two")
				was := same(t, r, host)
				p.set(func(p *patchy) { p.down = true })
				if !running {
					stop()
					if err := r.Close(); err != nil {
						t.Fatal(err)
					}
				}
				for _, set := range [][]string{{"update-ref", "refs/heads/main", back}, {"update-ref", "-d", "refs/heads/main"}} {
					runGit(t, r.dir, set...)
					if running {
						until(t, "it is where it was", func() bool {
							head, err := readRef(r.fs, r.branch)
							return err == nil && head == plumbing.NewHash(was) && r.standsAt() == head
						})
						continue
					}
					again := openBook(t, Options{Dir: r.dir, Remote: p, Required: required})
					if head, err := again.Head(t.Context()); err != nil || head.Revision() != was || again.Remote().Unpushed != 0 {
						t.Errorf("after %q the rulebook is at %+v, %v, want %s; %+v", set, head, err, was, again.Remote())
					}
					if err := again.Close(); err != nil {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

// TestSetBackHereWithACommit has somebody set the branch back while the service does not run, and commit there: it is planned again on top of what the Git server
// had, which does not answer, before anything is done with it or, where that could not be, as soon as the server is followed.
func TestSetBackHereWithACommit(t *testing.T) {
	t.Parallel()
	for name, atOnce := range map[string]bool{"at once": true, "later": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := gitHost(t)
			p := patch(at(t, host))
			r := openBook(t, Options{Remote: p})
			stop := keepUp(t, r, Following{})
			add(t, r, "one")
			back := add(t, r, "two").Revision()
			add(t, r, "three")
			same(t, r, host)
			stop()
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			byHand := setBackWith(t, r.dir, back)

			p.set(func(p *patchy) { p.down = true })
			r = openBook(t, Options{Dir: r.dir, Remote: p})
			both := func() bool {
				log, err := tryGit(r.dir, "show", "main:log")
				other, otherErr := tryGit(r.dir, "show", "main:other")
				return err == nil && otherErr == nil && strings.Contains(log, "three") && other == "by hand\n"
			}
			if atOnce {
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				if r.CatchUp(ended, Following{}); both() {
					t.Error("it took longer than it may, and was done")
				}
				if head, err := r.Head(t.Context()); err != nil || head.Revision() != byHand {
					t.Errorf("where it could not be planned again it stands at %+v, %v", head, err)
				}
				if r.CatchUp(t.Context(), Following{}); !both() {
					t.Error("what the Git server had is not in what is acted on first")
				}
			}
			keepUp(t, r, Following{})
			until(t, "both are there", both)
			p.set(func(p *patchy) { p.down = false })
			r.Kick()
			same(t, r, host)
		})
	}
}

// setBackWith has somebody put the branch of a rulebook on a commit of their own on top of an earlier one, and returns that.
func setBackWith(t *testing.T, dir, back string) (revision string) {
	t.Helper()
	work := outsider(t, dir)
	runGit(t, work, "fetch", "-q", "origin")
	runGit(t, work, "reset", "-q", "--hard", back)
	write(t, work, "other", []byte("by hand\n"))
	runGit(t, work, "add", "-A")
	runGit(t, work, "commit", "-q", "-m", "by hand")
	runGit(t, work, "push", "-q", "--force", "origin", "HEAD:main")
	return strings.TrimSpace(runGit(t, work, "rev-parse", "HEAD"))
}
