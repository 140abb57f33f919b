package gitsync

import (
	"context"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// pushRest pushes all that the rulebook's branch has and the server has not: one session, one pack, and a cost that does not grow with the
// history; more of them where the server refuses so much at once. Whatever a failed push did, the next round finds out by reading the server's
// branch. Where changes have to be pushed the caller has the writer's token.
func (r *Rulebook) pushRest(ctx context.Context) error {
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	for most := everything; ; { // commits at once: as many as the server took the last time
		seen := r.sync.lastSeen()
		ours, err := r.objects.beyond(ctx, head, seen)
		if err == nil {
			ours, err = r.objects.first(ctx, seen, ours, most)
		}
		if err != nil {
			return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
		}
		if len(ours.commits) == 0 {
			return nil
		}
		if most, err = r.pushFirst(ctx, head, seen, ours); err != nil {
			return err
		}
	}
}

// pushFirst pushes commits that the server has not got, or, where it refuses them, the first half of them, and so on: servers limit how much
// they take at once, and one commit that a hook refuses must not hold up those before it. It returns how many were taken; the error is that of the
// fewest. All of them are up to head.
func (r *Rulebook) pushFirst(ctx context.Context, head, seen plumbing.Hash, ours *branchOff) (taken int, err error) {
	s, n := r.sync, len(ours.commits)
	p, err := ours.parcel(ctx)
	if err != nil {
		return 0, unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	tip := ours.commits[n-1].hash
	err = s.remote.Push(ctx, seen, tip, p.write)
	if isRejected(err) && ctx.Err() == nil {
		half, unread := r.objects.first(ctx, seen, ours, n/2)
		if unread != nil {
			return 0, unavailable(unread, "the history of the rulebook %s cannot be read", r.dir)
		}
		if len(half.commits) < n {
			return r.pushFirst(ctx, head, seen, half)
		}
		err = r.noteRefused(ctx, ours, head, err)
	}
	if err != nil {
		return 0, err
	}
	if !s.required {
		unlock, err := r.lockWriter(ctx)
		if err != nil {
			return 0, err
		}
		defer unlock()
	}
	if err := r.saw(tip); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusal = nil
	for i, u := range s.unpushed {
		if u.hash == tip {
			s.unpushed = s.unpushed[i+1:]
			break
		}
	}
	s.status.LastPush = time.Now()
	return n, nil
}
