package gitsync

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	doubtRefs = "refs/alertsmith/doubt/"
	// doubtRest is how long a server may still work on a push whose connection broke: only after that its word that it does not take the
	// same commits means that it has not taken them the first time.
	doubtRest = time.Minute
)

// doubt is a push of which it is not known how it ended, also one that runs now. It stands in the repository as
// refs/alertsmith/doubt/LEASE-TIP → tip from before the first byte is sent until the rulebook's branch has moved, or the server's is known
// never to contain the commit. So it is not lost with the process: a command that was interrupted is in doubt while a doubt names it, and else
// the rulebook says whether it happened. It ends in one of these ways, whoever comes first, and however often we were restarted:
//
//	the server's branch …          the doubt …
//	contains tip                   is an accepted change
//	stands neither there nor at    is a refused one: a push holds only for the value of the branch that it was made for
//	lease
//	stands at lease                stays. Follow pushes the very same commits again: then it is accepted, or the branch moves, or the server
//	                               says no, which counts when it is doubtRest old
type doubt struct {
	lease, tip plumbing.Hash
	requests   []string // the trailers Request-Id of its commits
	since      time.Time
}

// decision is how a doubt ended for one request.
type decision struct {
	request  string
	accepted bool
}

func (d doubt) ref() plumbing.ReferenceName {
	return plumbing.ReferenceName(doubtRefs + d.lease.String() + "-" + d.tip.String())
}

// Doubts returns the ids of the requests whose changes the Git server may have taken or not: they are neither done nor undone until Follow
// has found out. Changes come to be in doubt only where they have to be pushed, and stay so when they have not to be any more.
func (r *Rulebook) Doubts() []string {
	s := r.sync
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var requests []string
	for _, d := range s.doubts {
		requests = append(requests, d.requests...)
	}
	return requests
}

// doubt writes down that the commits up to d.tip may be on the server from now on. An error of kind Uncertain says that it may stand there and
// cannot be taken away, so that it is pushed by Follow or the next start. The caller has the writer's token.
func (r *Rulebook) doubt(d doubt) error {
	err := moveRef(r.fs, d.ref(), plumbing.ZeroHash, d.tip)
	if err != nil {
		untouched := errors.Is(err, errLocked) || errors.Is(err, errMoved)
		err = fmt.Errorf("the push cannot be written down: %w", err)
		if untouched {
			return err
		}
		if now, unread := readRef(r.fs, d.ref()); unread == nil && now.IsZero() { // nothing may be written there
			return err
		}
		if left := deleteRef(r.fs, d.ref(), d.tip); left == nil || errors.Is(left, errMoved) { // it is not there
			return err
		}
		err = r.sync.uncertain(err)
	}
	s := r.sync
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubts = append(s.doubts, d)
	return err
}

// uncertain is what a person is told of a change that the server may have, or come to have. Of the cause it keeps the text alone: whatever the server said,
// nothing of this may be planned again.
func (s *syncing) uncertain(cause error) error {
	return &rules.Error{
		Kind: rules.Uncertain, Offset: -1, Cause: errors.New(cause.Error()),
		Text: fmt.Sprintf("the Git server %s did not say whether it has taken the change, and cannot be asked now. "+
			"It is found out as soon as it answers, and the journal will say how it ended", s.remote),
	}
}

// forget removes a doubt that has ended. The caller has the writer's token.
func (r *Rulebook) forget(d doubt) error {
	if err := deleteRef(r.fs, d.ref(), d.tip); err != nil {
		return err
	}
	s := r.sync
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubts = slices.DeleteFunc(s.doubts, func(other doubt) bool { return other.tip == d.tip })
	return nil
}

// settled ends the doubt about the commits up to tip, to which the branch has moved. A ref that cannot be removed is harmless: the next start
// finds its commit in the branch.
func (r *Rulebook) settled(tip plumbing.Hash) {
	for _, d := range r.openDoubts() {
		if d.tip != tip {
			continue
		}
		if err := r.forget(d); err != nil {
			r.log.Warn("the note of a push that has ended cannot be removed", "id", "AS3008", "ref", d.ref(), "err", err)
		}
	}
}

func (r *Rulebook) openDoubts() []doubt {
	s := r.sync
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.doubts)
}

// decide ends the doubts that can be decided now that the rulebook's branch stands at head and the server's at tip. The caller has the writer's
// token.
func (r *Rulebook) decide(ctx context.Context, head, tip plumbing.Hash) error {
	for _, d := range r.openDoubts() {
		taken, err := r.objects.leads(ctx, d.tip, head)
		if err != nil {
			return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
		}
		if taken || tip != d.lease {
			if err := r.end(d, taken); err != nil {
				return err
			}
		}
	}
	return nil
}

// end ends a doubt and has Follow tell how.
func (r *Rulebook) end(d doubt, accepted bool) error {
	if err := r.forget(d); err != nil {
		return unavailable(err, "the rulebook %s cannot be written", r.dir)
	}
	r.log.Warn("it is known now how a push ended", "id", "AS3007", "commit", d.tip.String(), "requests", d.requests, "accepted", accepted)
	s := r.sync
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, request := range d.requests {
		s.decided = append(s.decided, decision{request, accepted})
	}
	return nil
}

// settleDoubts pushes again what the server has not taken, as its branch stands where it did. The caller has just followed the server's branch,
// and has the writer's token where changes have to be pushed.
func (r *Rulebook) settleDoubts(ctx context.Context) error {
	for _, d := range r.openDoubts() {
		if r.sync.lastSeen() != d.lease { // what was pushed meanwhile decides
			continue
		}
		if err := r.settleOne(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// settleOne pushes once more what is in doubt. Which of taken and lost it is decides what the server's branch contains when it is followed: where
// nobody waits for that, the next round does, and errMoved calls for it.
func (r *Rulebook) settleOne(ctx context.Context, d doubt) error {
	again, err := r.objects.beyond(ctx, d.tip, d.lease)
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	p, err := again.parcel(ctx)
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	v, err := r.deliver(ctx, d.lease, d.tip, p.write, time.Since(d.since) < r.sync.rest)
	moved := v == accepted || v == lost
	no := v == refused && isRejected(err)
	switch {
	case moved && !r.sync.required:
		return errMoved
	case moved:
		if err := r.followFirst(ctx, d.lease); !errors.Is(err, errMoved) {
			return err
		}
		return nil
	case !no:
		return err
	}
	if !r.sync.required {
		unlock, err := r.lockWriter(ctx)
		if err != nil {
			return err
		}
		defer unlock()
	}
	return r.end(d, false)
}

// loadDoubts reads what an earlier run left in doubt. A doubt about a commit that is not there any more is none: nobody can push that again.
func (r *Rulebook) loadDoubts(ctx context.Context, head plumbing.Hash) error {
	refs, err := r.refsBelow(doubtRefs)
	if err != nil {
		return err
	}
	for name, tip := range refs {
		lease, _, _ := strings.Cut(strings.TrimPrefix(name.String(), doubtRefs), "-")
		d := doubt{lease: plumbing.NewHash(lease), tip: tip, since: time.Now()}
		if _, err := r.objects.commit(tip); errors.Is(err, plumbing.ErrObjectNotFound) {
			r.log.Error("the note of a push names a commit that is not there; it is removed", "id", "AS3027", "ref", name, "err", err)
			if err := deleteRef(r.fs, name, tip); err != nil {
				return err
			}
			continue
		}
		ours, err := r.objects.beyond(ctx, tip, head)
		if err != nil {
			return err
		}
		for _, n := range ours.commits {
			commit, err := r.objects.commit(n.hash)
			if err != nil {
				return err
			}
			if id := rules.TrailerOf(Trailers(commit.Message), "Request-Id"); id != "" {
				d.requests = append(d.requests, id)
			}
		}
		r.sync.doubts = append(r.sync.doubts, d)
	}
	return nil
}

// requestsOf returns the trailers Request-Id of the commits among objects.
func requestsOf(made []plumbing.EncodedObject) []string {
	var requests []string
	for _, o := range made {
		var c object.Commit
		if o.Type() != plumbing.CommitObject || c.Decode(o) != nil {
			continue
		}
		if id := rules.TrailerOf(Trailers(c.Message), "Request-Id"); id != "" {
			requests = append(requests, id)
		}
	}
	return requests
}
