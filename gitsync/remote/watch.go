package remote

import (
	"sync"
	"time"
)

// watch calls expired when the server let us wait for d without a sign of life. While we are at it ourselves it does not
// count: a caller may take its time to make a pack or to store one.
type watch struct {
	mu    sync.Mutex
	d     time.Duration
	timer *time.Timer
	held  int
}

func newWatch(d time.Duration, expired func()) *watch {
	return &watch{d: d, timer: time.AfterFunc(d, expired)}
}

// alive begins to count anew.
func (w *watch) alive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == 0 {
		w.timer.Reset(w.d)
	}
}

// hold stops the counting until as many calls of release.
func (w *watch) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held++
	w.timer.Stop()
}

// release ends a hold.
func (w *watch) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held--; w.held == 0 {
		w.timer.Reset(w.d)
	}
}

// stop ends the watch for good.
func (w *watch) stop() { w.hold() }
