package gitsync

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxAttempts = 12                     // to win against other writers
	maxPause    = 250 * time.Millisecond // between two of them
)

var errClosed = errors.New("the rulebook is closed")

// Update runs plan against the newest state and writes what it returns as one commit, which is durable when Update returns
// the new state. Updates run one after another; plan runs again when somebody pushed to the repository meanwhile, so it
// must be pure. ctx can end the waiting and the trying again, but not a commit that is being written.
//
// An error of plan is returned as it is. A plan that changes nothing or does not fit the tree is a *rules.Error of kind
// Conflict, one with a path that cannot be written or no date is Invalid; any other failure is Unavailable. On an error nothing
// was changed, with one exception that its text names: a disk that takes the branch's new value and twice refuses to confirm it.
func (r *Rulebook) Update(ctx context.Context, plan func(rules.Tree) (rules.Commit, error)) (rules.Tree, error) {
	unlock, err := r.lockWriter(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	for attempt := 0; ; attempt++ {
		now, err := r.try(ctx, plan)
		if err == nil {
			r.step(StepDone)
			return now, nil
		}
		if !errors.Is(err, errMoved) && !errors.Is(err, errLocked) {
			return nil, err
		}
		if attempt == maxAttempts-1 {
			return nil, unavailable(err, "nothing was changed: other programs keep writing to the rulebook %s; if none is, remove the file %s.lock there", r.dir, r.branch)
		}
		if err := pause(ctx, attempt); err != nil {
			return nil, unavailable(err, "nothing was changed: other changes took too long")
		}
	}
}

func (r *Rulebook) try(ctx context.Context, plan func(rules.Tree) (rules.Commit, error)) (*tree, error) {
	r.step(StepPlan)
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	commit, err := plan(head)
	if err != nil {
		return nil, err
	}
	d := r.newDraft(head)
	defer d.drop()
	next, err := d.add(commit)
	if err != nil {
		return nil, err
	}
	return next, d.land(ctx, head.commit)
}

// pause waits longer after each attempt, and never as long as another writer that waits as well.
func pause(ctx context.Context, attempt int) error {
	longest := min(maxPause, 4*time.Millisecond<<attempt)
	select {
	case <-time.After(longest/2 + rand.N(longest/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
