package remote

import (
	"sync"
	"time"
)

// patience is what a server may take of our time. Its keep-alives are signs of life, so only the pace bounds how long a server works and sends nothing else.
type patience struct {
	silence time.Duration // without a sign of life
	pace    time.Duration // in each such time as much comes or goes as here:
	least   int64         // bytes
}

// watch calls expired, with errSilent or errSlow, when the server has used up our patience. While we are at it ourselves the time
// does not count: a caller may take its time to make a pack or to store one.
type watch struct {
	patience
	expired func(error)

	mu     sync.Mutex
	silent *time.Timer
	slow   *time.Timer
	held   int
	left   time.Duration // of the time that has a pace, when the watch began to count again
	from   time.Time     // since when it counts
	moved  int64         // bytes, in this time
}

func newWatch(p patience, expired func(error)) *watch {
	w := &watch{patience: p, expired: expired, left: p.pace, from: time.Now()}
	w.silent = time.AfterFunc(p.silence, func() { expired(errSilent) })
	w.slow = time.AfterFunc(p.pace, w.judge)
	return w
}

// judge begins another time that has a pace, unless too little moved in this one.
func (w *watch) judge() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.held > 0: // a hold came first
	case w.moved < w.least:
		w.expired(errSlow)
	default:
		w.moved, w.left, w.from = 0, w.pace, time.Now()
		w.slow.Reset(w.left)
	}
}

// heard is a sign of life: the silence is counted anew, and so many bytes came or went.
func (w *watch) heard(bytes int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.moved += int64(bytes)
	if w.held == 0 {
		w.silent.Reset(w.silence)
	}
}

// hold stops the counting until as many calls of release.
func (w *watch) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held++; w.held == 1 {
		w.silent.Stop()
		w.slow.Stop()
		w.left -= time.Since(w.from)
	}
}

// release ends a hold.
func (w *watch) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held--; w.held == 0 {
		w.from = time.Now()
		w.silent.Reset(w.silence)
		w.slow.Reset(max(w.left, 0))
	}
}

// stop ends the watch for good.
func (w *watch) stop() { w.hold() }
