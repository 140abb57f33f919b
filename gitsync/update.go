package gitsync

import (
	"context"
	"errors"

	"github.com/alertsmith/alertsmith/rules"
)

var errClosed = errors.New("the rulebook is closed")

// Update runs plan against the newest state and writes what it returns as one commit, which is durable when Update returns
// the new state. Updates are planned one after another, in the order in which they came; those that wait at the same time are written
// together, each as a commit of its own. plan runs again when somebody pushed to the repository meanwhile, so it must be pure; it
// may run on another goroutine, and against a state that never becomes the rulebook's when the disk fails, of which Update then tells
// nothing. ctx can end the waiting and the trying again, but not a commit that is being written: whether it counts is what Update says.
//
// An error of plan is returned as it is. A plan that changes nothing or does not fit the tree is a *rules.Error of kind
// Conflict, one with a path that cannot be written or no date is Invalid; any other failure, and a plan that panics, is Unavailable. On
// an error nothing was changed, with the exceptions that their texts name: kind Uncertain, and a disk that takes the branch's new value
// and twice refuses to confirm it.
func (r *Rulebook) Update(ctx context.Context, plan func(rules.Tree) (rules.Commit, error)) (rules.Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, tooLong(err)
	}
	w := &waiting{ctx: ctx, plan: plan, done: make(chan struct{})}
	r.queue.join(w)
	for {
		select {
		case <-w.done:
			return w.result()
		case <-r.writer:
			r.lead(w) //nolint:contextcheck // a batch has a context of its own: it ends when those of all its updates have
		case <-ctx.Done():
			if r.queue.leave(w) {
				return nil, tooLong(ctx.Err())
			}
			<-w.done
			return w.result()
		case <-r.closed:
			if r.queue.leave(w) {
				return nil, unavailable(errClosed, "nothing was changed: the service is stopping")
			}
			<-w.done
			return w.result()
		}
	}
}

// lockWriter takes the one writer's token, for which others wait until unlock is called. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) lockWriter(ctx context.Context) (unlock func(), err error) {
	select {
	case <-r.writer:
		return func() { r.writer <- struct{}{} }, nil
	case <-r.closed:
		return nil, unavailable(errClosed, "nothing was changed: the service is stopping")
	case <-ctx.Done():
		return nil, tooLong(ctx.Err())
	}
}

// tooLong returns the error of an update whose context ended before its plan ran.
func tooLong(cause error) error {
	return unavailable(cause, "nothing was changed: other changes took too long")
}
