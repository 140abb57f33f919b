package gitsync

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// following is whether the server's history is followed.
type following int

const (
	unfollowed   following = iota // it was not read since the start, or it was rewritten
	followed                      // and nobody was told yet
	followedTold                  // and Following.Followed was told
)

// assertFollows fails when the server's branch does not contain any more where it was seen last: somebody rewrote its history. It is an end of
// that when it contains it again, or when it contains the commit that an operator accepted: one that the old history has not, or the one at which it
// stands since it was set back.
func (r *Rulebook) assertFollows(ctx context.Context, seen, tip plumbing.Hash) error {
	s := r.sync
	follows, err := r.follows(ctx, seen, tip)
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if follows {
		if s.follows != followedTold {
			s.follows = followed
		}
		s.status.Rewritten, s.rewritten = nil, nil // also what nobody was told of yet: it is over
		return nil
	}
	s.follows = unfollowed
	now := revisionOf(tip)
	if w := s.status.Rewritten; w == nil || w.Was != revisionOf(seen) || w.Now != now {
		next := rules.Rewritten{Was: revisionOf(seen), Now: now, Since: time.Now(), Used: !tip.IsZero() && tip == s.used}
		if w != nil {
			next.Since = w.Since
		} else {
			s.rewritten = &next
		}
		s.status.Rewritten = &next
		r.log.Error("the history on the Git server was rewritten; nothing is fetched or pushed until a person decides", "id", "AS3003", "was", revisionOf(seen), "now", now)
	}
	return rewritten(s.status.Rewritten, s.remote)
}

// errRewritten is in the chain of the error about a history that was rewritten.
var errRewritten = errors.New("rewritten")

// rewritten is why nothing is fetched or pushed.
func rewritten(w *rules.Rewritten, remote Remote) error {
	now, used := cmp.Or(w.Now, "nothing: the branch is gone"), ""
	if w.Used {
		used = ", which was used already: it accepts again after a start without it"
	}
	return unavailable(errRewritten, "the history on the Git server %s was rewritten: it had %s and has %s now. Nothing is fetched or pushed until it has the old commit again, "+
		"or until an operator accepts the new history with `git.accept_rewritten: %s`%s", remote, w.Was, now, w.Accept(), used)
}

// follows reports whether the server's branch may stand at tip after it stood at seen.
func (r *Rulebook) follows(ctx context.Context, seen, tip plumbing.Hash) (bool, error) {
	contained := false
	var err error
	if !tip.IsZero() || seen.IsZero() {
		contained, err = r.objects.leads(ctx, seen, tip)
	}
	accept := r.sync.accept
	if err != nil || contained || accept == "" {
		return contained, err
	}
	accepted := plumbing.NewHash(accept)
	if tip.IsZero() || accepted.IsZero() {
		return tip.IsZero() && accepted.IsZero(), nil
	}
	if !r.objects.has(accepted) {
		return false, nil
	}
	there, err := r.objects.leads(ctx, accepted, tip)
	if err != nil || !there {
		return false, err
	}
	usedUp, err := r.objects.leads(ctx, accepted, seen)
	return !usedUp || accepted == tip, err // a branch that was set back stands at a commit that the old history has as well
}
