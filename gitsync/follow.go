package gitsync

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

const (
	followInterval = time.Minute            // between two looks at the Git server, by default
	pollInterval   = time.Second            // between two looks at the branch here, for what somebody pushed to it
	lostPause      = 20 * time.Millisecond  // after a lost race, at first
	faultPause     = 500 * time.Millisecond // after any other failure, at first
	kickPause      = time.Second            // after a failure, until it is tried again because somebody says that there is something new
	longestPause   = time.Minute
)

// Following says how a rulebook follows its Git server, and who is told of what.
type Following struct {
	// Interval is the time between two looks at the Git server; a minute by default. It varies by a tenth.
	Interval time.Duration
	// Replan plans a commit of ours again on top of what somebody else pushed first. It says what to write there, also when the change cannot
	// be made any more: then a commit that only says so in the journal, or one without files. It must keep the trailers. An error stops the
	// following until it works. It is called while other changes wait.
	Replan func(ctx context.Context, own rules.OwnCommit, onto rules.Tree) (rules.Commit, error)
	// Ours reports whether a commit that says to be ours is: one that is not is somebody else's, whatever its message says. May be nil: then all are.
	Ours func(ctx context.Context, c rules.PastCommit) (bool, error)
	// NothingLeft reports whether nothing is in force any more, in a later state, of what a commit of ours did that the server refuses again and
	// again. Then what came after it is planned again without it, and Replan says, told that it is Refused, what stands in its place. May be nil: then
	// a commit that is refused holds up those after it until the server takes it.
	NothingLeft func(ctx context.Context, own rules.OwnCommit, now rules.Tree) (bool, error)
	// Refused hears of a commit that the server refuses again and again, which holds up those after it: once, and once more after a start. May be nil.
	Refused func(ctx context.Context, refused rules.PushRefusal)
	// Moved hears that commits of others have come into the rulebook. May be nil. Neither it nor those that follow are called while changes
	// wait, and what they do is not ended with the following: they limit their own time.
	Moved func(ctx context.Context)
	// Decided hears how the requests ended that Doubts named. May be nil.
	Decided func(ctx context.Context, request string, accepted bool)
	// Left hears of a commit that somebody made here, past Alertsmith and the Git server, and that does not fit on top of what that
	// has: it is not in the rulebook any more, but kept in the ref. May be nil.
	Left func(ctx context.Context, commit rules.PastCommit, kept string)
	// Rewritten hears that the history on the Git server was rewritten, so that nothing is fetched or pushed until a person decides: once, and once
	// more after a start. May be nil.
	Rewritten func(ctx context.Context, w rules.Rewritten)
	// Followed hears that the history on the Git server is followed: once after each start, and once when it was rewritten before. May be nil.
	Followed func(ctx context.Context)
}

// Kick has Follow look at the Git server now, as somebody has said that there is something new; a second after the last look at the earliest
// where that failed. It waits for nothing.
func (r *Rulebook) Kick() { signal(r.kicked) }

// Follow keeps the rulebook and its Git server the same until ctx ends, and then returns nil: it reads what others push, pushes what was
// committed here, and plans that again where others were faster. Nothing is ever pushed by force. Without a Git server it only looks for what
// others push to the repository here. One Follow at a time may run. What there is to tell when ctx ends is told before it returns.
func (r *Rulebook) Follow(ctx context.Context, f Following) error {
	defer r.tell(context.WithoutCancel(ctx), &f)
	r.setFollower(&f)
	defer r.setFollower(nil)
	if f.Interval <= 0 {
		f.Interval = followInterval
	}
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	next := time.NewTimer(0)
	defer next.Stop()
	failures := 0
	var tried, planned time.Time // the last look at the server, and the next by itself
	for {
		var due bool
		select {
		case <-ctx.Done():
			return nil
		case <-r.closed:
			return nil
		case <-poll.C:
			due = r.lookHere(ctx) && failures == 0
		case <-r.woken:
			due = failures == 0 // a server that does not answer is asked when its time comes
		case <-r.kicked:
			wait := kickPause - time.Since(tried)
			due = failures == 0 || wait <= 0
			if !due && time.Until(planned) > wait {
				planned = time.Now().Add(wait)
				next.Reset(wait)
			}
		case <-next.C:
			due = true
		}
		if due && r.sync != nil {
			err := r.round(ctx)
			if ctx.Err() != nil {
				return nil
			}
			r.noteRound(err)
			pause := f.Interval*9/10 + rand.N(f.Interval/5+1)
			if failures++; err == nil {
				failures = 0
			} else {
				pause = min(pause, pauseAfter(err, failures))
			}
			tried = time.Now()
			planned = tried.Add(pause)
			next.Reset(pause)
		}
		r.tell(context.WithoutCancel(ctx), &f)
	}
}

func (r *Rulebook) setFollower(f *Following) {
	if f != nil && f.Ours == nil {
		f.Ours = func(context.Context, rules.PastCommit) (bool, error) { return true, nil }
	}
	r.following.Lock()
	defer r.following.Unlock()
	r.follower = f
}

// pauseAfter is how long to wait after the nth failure in a row: after a lost race shortly, else longer and longer.
func pauseAfter(err error, n int) time.Duration {
	longest := faultPause
	if isLostRace(err) {
		longest = lostPause
	}
	longest = min(longestPause, longest<<min(n, 10))
	return longest/2 + rand.N(longest/2)
}

// isLostRace reports whether all that went wrong is that somebody else was faster.
func isLostRace(err error) bool {
	return errors.Is(err, remote.ErrMoved) || errors.Is(err, errMoved) || errors.Is(err, errLocked) || errors.Is(err, errStale)
}

// noteRound puts what a round ended with into the status. A lost race is nothing that anybody has to know, and of a history that was rewritten the
// status says more.
func (r *Rulebook) noteRound(err error) {
	switch {
	case isLostRace(err):
		return
	case errors.Is(err, errRewritten):
		err = nil
	}
	r.sync.note(func(s *rules.RemoteStatus) {
		if err != nil && (s.Err == nil || s.Err.Error() != err.Error()) {
			r.log.Warn("rulebook and Git server cannot be brought together; it is tried again", "id", "AS3002", "err", err)
		}
		s.Err = err
	})
}

// tell tells of what has come in, what was decided and what was left out. What is taken here to be told is told once only, so ctx does not end.
func (r *Rulebook) tell(ctx context.Context, f *Following) {
	r.stands.mu.Lock()
	moved := r.stands.foreign
	r.stands.foreign = false
	r.stands.mu.Unlock()
	if moved && f.Moved != nil {
		f.Moved(ctx)
	}
	if r.sync == nil {
		return
	}
	if r.sync.takeFollowed() && f.Followed != nil {
		f.Followed(ctx)
	}
	decided, left, rewritten := r.sync.takeNews()
	if rewritten != nil && f.Rewritten != nil {
		f.Rewritten(ctx, *rewritten)
	}
	if refused := r.sync.takeRefusal(); refused != nil && f.Refused != nil {
		f.Refused(ctx, *refused)
	}
	for _, d := range decided {
		if f.Decided != nil {
			f.Decided(ctx, d.request, d.accepted)
		}
	}
	for _, l := range left {
		if f.Left != nil {
			f.Left(ctx, l.commit, l.kept)
		}
	}
}

// takeFollowed reports whether nobody was told yet that the server's history is followed.
func (s *syncing) takeFollowed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.follows == followed
	if news {
		s.follows = followedTold
	}
	return news
}

// takeNews returns what nobody was told of yet.
func (s *syncing) takeNews() (decided []decision, left []leftOut, rewritten *rules.Rewritten) {
	s.mu.Lock()
	defer s.mu.Unlock()
	decided, left, rewritten = s.decided, s.left, s.rewritten
	s.decided, s.left, s.rewritten = nil, nil, nil
	return decided, left, rewritten
}

// lookHere reports whether the branch stands where nobody of us has moved it: somebody pushed to the repository here. It costs one small
// file as long as nobody does.
func (r *Rulebook) lookHere(ctx context.Context) bool {
	if head, err := readRef(r.fs, r.branch); err != nil || head == r.standsAt() {
		return false
	}
	unlock, err := r.lockWriter(ctx) // now nobody of us moves it
	if err != nil {
		return false
	}
	defer unlock()
	head, err := readRef(r.fs, r.branch)
	if err != nil || head == r.standsAt() {
		return false
	}
	if r.sync != nil {
		if head, err = r.catchUp(ctx, head); err == nil {
			err = r.countUnpushed(ctx, head)
		}
		if err != nil { // nothing of where it stands is applied
			r.noteRound(err)
			return false
		}
	}
	r.cameIn(head)
	return true
}

func (r *Rulebook) standsAt() plumbing.Hash {
	r.stands.mu.Lock()
	defer r.stands.mu.Unlock()
	return r.stands.at
}

// round brings rulebook and Git server together once: it reads the server, follows its branch, and pushes what it has not got. Where changes
// count when they are committed here, no change waits for the server meanwhile; where they have to be pushed, they would anyway.
func (r *Rulebook) round(ctx context.Context) error {
	s := r.sync
	since := s.lastSeen()
	tip, err := r.look(ctx)
	if err != nil {
		return err
	}
	unlock, err := r.lockWriter(ctx)
	if err != nil {
		return err
	}
	if err = r.absorb(ctx, tip, since); err != nil {
		unlock()
		return err
	}
	notLeftOut := r.leaveOut(ctx) // which stops no push
	if s.required {
		defer unlock()
	} else {
		unlock()
	}
	unpushed := r.pushRest(ctx)
	if isRejected(unpushed) {
		r.countRefusal()
	}
	return errors.Join(notLeftOut, unpushed, r.settleDoubts(ctx))
}
