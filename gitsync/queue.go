package gitsync

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/alertsmith/alertsmith/rules"
)

// waiting is an update that waits to be committed. Only who took it out of the queue touches now and err, until done is closed.
type waiting struct {
	ctx  context.Context //nolint:containedctx // it is the request's and goes with it through the queue
	plan func(rules.Tree) (rules.Commit, error)
	done chan struct{} // closed when now and err say how it ended
	now  *tree
	err  error
}

// result returns how the update ended.
func (w *waiting) result() (rules.Tree, error) {
	if w.err != nil {
		return nil, w.err
	}
	return w.now, nil
}

// answer ends the update.
func (w *waiting) answer(now *tree, err error) {
	w.now, w.err = now, err
	close(w.done)
}

// run runs the plan. A panic in it is its own failure and nobody else's.
func (w *waiting) run(onto rules.Tree) (commit rules.Commit, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = unavailable(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), "nothing was changed: planning the change went wrong")
		}
	}()
	return w.plan(onto)
}

// queue is the updates that wait, in the order in which they came.
type queue struct {
	mu      sync.Mutex
	waiting []*waiting
}

// join puts an update at the end.
func (q *queue) join(w *waiting) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, w)
}

// leave takes an update out, and reports false when somebody took it before: then its answer comes.
func (q *queue) leave(w *waiting) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, w)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}

// take takes the first updates out, at most so many.
func (q *queue) take(most int) []*waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(most, len(q.waiting))
	taken := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	return taken
}
