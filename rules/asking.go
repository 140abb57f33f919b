package rules

import (
	"context"
	"slices"
	"sync"
)

// asking is what many want to know of one ruler at the same time: while one question is answered, those that come wait, and are then one
// question about the groups of all of them. It is put after the last of them came, so its answer is as new as that to a question of one's own.
type asking struct {
	turn sync.Mutex // held while a question is answered
	mu   sync.Mutex
	next *question // that others may join; nil when there is none
}

// question is asked once for all who joined it.
type question struct {
	groups   []string
	answered chan struct{}

	// These may be read when answered is closed.
	running []RunningRule
	err     error
}

// maxAskedTogether is how many groups others may join a question up to: a ruler asked about too many is asked about all it has.
const maxAskedTogether = 32

// runningTogether is Running, asked together with others.
func (d *desk) runningTogether(ctx context.Context, groups []string) ([]RunningRule, error) {
	q, begun := d.asking.join(groups)
	if begun {
		go func() { // the others need the answer also when ctx ends; how long it takes at most is the ruler's
			d.asking.turn.Lock()
			defer d.asking.turn.Unlock()
			asked := d.asking.close(q)
			defer close(q.answered)
			// Who waits is told: the change is committed, and followed up.
			if err := Contain(func() { q.running, q.err = d.Running(context.WithoutCancel(ctx), asked...) }); err != nil {
				q.err = err
			}
		}()
	}
	select {
	case <-q.answered:
	case <-ctx.Done():
		return nil, &Error{Kind: Unreachable, Offset: -1, Text: d.name + " did not answer in time.", Cause: ctx.Err()}
	}
	var running []RunningRule
	for _, r := range q.running {
		if slices.Contains(groups, r.Group) {
			running = append(running, r)
		}
	}
	return running, q.err
}

// join adds groups to the question that is not asked yet, and returns it. Where there is none, or it would be too long, another is begun.
func (a *asking) join(groups []string) (q *question, begun bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if begun = a.next == nil || len(a.next.groups)+len(groups) > maxAskedTogether; begun {
		a.next = &question{answered: make(chan struct{})}
	}
	for _, g := range groups {
		if !slices.Contains(a.next.groups, g) {
			a.next.groups = append(a.next.groups, g)
		}
	}
	return a.next, begun
}

// close returns the groups of a question, which nobody joins any more.
func (a *asking) close(q *question) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.next == q {
		a.next = nil
	}
	return q.groups
}
