package gitsync

import (
	"context"
	"errors"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// contactPatience is how long a start waits for a Git server that it can do without.
const contactPatience = 15 * time.Second

// connect prepares the following of a Git server, at the end of Open. What it asks of the server:
//
//	no rulebook here yet               everything. If the server does not answer, the start fails: to begin with an empty rulebook would be to tell
//	                                   every ruler that it has no rules. An empty repository there is a rulebook to begin with.
//	one that is behind what it had     nothing: it is brought there, so that no ruler hears that there are fewer rules; see catchUp and CatchUp.
//	one that never met the server      where its branch stands. Two histories that have nothing in common are a mistake in the configuration, and
//	                                   the start fails, unless the server was met without that branch; if it does not answer, Follow finds out.
//	changes have to be pushed          the same, so that the commands that a crash interrupted can be looked up; what remains in doubt says Doubts.
//	else                               nothing.
//
// A crash in a clone leaves objects, or the branch, and the next start takes up there.
func (r *Rulebook) connect(ctx context.Context, o Options) error {
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	r.stands.at = head
	if o.Remote == nil {
		return nil
	}
	s := newSyncing(o, r.branch)
	r.sync = s
	if o.tune != nil {
		o.tune(s)
	}
	if s.required {
		r.push = r.pushRequired
	}
	if s.seen, err = readRef(r.fs, s.ref); err == nil {
		err = errors.Join(r.loadDoubts(ctx, head), r.loadBlank(), r.loadAccepted())
	}
	if err == nil {
		next, behind := r.catchUp(ctx, head)
		if behind != nil {
			if !errors.Is(behind, errReplanLater) {
				r.noteRound(behind)
			}
			r.stands.at = s.seen // CatchUp and Follow find that the branch stands elsewhere, and try again
		}
		head, err = next, r.countUnpushed(ctx, next)
	}
	if err != nil {
		return unavailable(err, "what the rulebook %s knows of its Git server cannot be read", r.dir)
	}
	first := s.seen.IsZero()
	if !first && !head.IsZero() && !s.required {
		return nil
	}
	if !first || !head.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, contactPatience)
		defer cancel()
	}
	for range maxAttempts { // to meet a server to which nobody else pushes at this very moment
		if err = r.contact(ctx); !isLostRace(err) {
			break
		}
	}
	s.decided, s.left = nil, nil // the rulebook says it to who looks a command up after a start
	if head.IsZero() && err != nil {
		return unavailable(err, "there is no rulebook at %s yet, and none can be had: %s", r.dir, textOf(err))
	}
	if errors.Is(err, errUnrelated) {
		return err
	}
	if err != nil && !errors.Is(err, errReplanLater) {
		r.log.Warn("the Git server cannot be followed yet", "id", "AS3001", "err", err)
		s.note(func(status *rules.RemoteStatus) { status.Err = err })
	}
	return nil
}

// contact reads the server and follows its branch as far as that goes without planning anything again. Nobody else writes yet.
func (r *Rulebook) contact(ctx context.Context) error {
	since := r.sync.lastSeen()
	tip, err := r.look(ctx)
	if err == nil {
		err = r.absorb(ctx, tip, since)
	}
	if err == nil && r.sync.required {
		err = r.settleDoubts(ctx)
	}
	return err
}
