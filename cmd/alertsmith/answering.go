package main

import (
	"context"
	"sync"
)

// answering is the commands that are being worked on: that a change which waited has settled is told when the journal says how
// the command ended.
type answering struct {
	mu   sync.Mutex
	ends map[string]chan struct{} // id of the request → closed when its end is written down
}

// begin notes that a command is being worked on.
func (a *answering) begin(request string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ends == nil {
		a.ends = map[string]chan struct{}{}
	}
	a.ends[request] = make(chan struct{})
}

// end notes that the end of a command is written down, or will not be. Who was noted before that is forgotten, so it may come twice.
func (a *answering) end(request string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if ended := a.ends[request]; ended != nil {
		close(ended)
		delete(a.ends, request)
	}
}

// on reports whether a command is being worked on.
func (a *answering) on(request string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ends[request] != nil
}

// wait waits for the end of a command, which may be as long as it waits for its ruler: its answer may be what tells. Not at all for one that is not being
// worked on.
func (a *answering) wait(ctx context.Context, request string) {
	a.mu.Lock()
	ended := a.ends[request]
	a.mu.Unlock()
	if ended == nil {
		return
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
}
