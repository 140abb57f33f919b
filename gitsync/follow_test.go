package gitsync

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestKickedWhileDown has somebody say a hundred times in a second that there is something new on a server that does not answer: that asks it no
// more often than once a second, and none of it is forgotten.
func TestKickedWhileDown(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	first := openBook(t, Options{Remote: at(t, host)})
	add(t, first, "a line")
	if err := first.round(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		p := patch(at(t, host))
		p.down = true
		r := openBook(t, Options{Dir: first.dir, Remote: p})
		keepUp(t, r, Following{})
		time.Sleep(10 * time.Minute) // it waits half a minute or more between its looks by now
		before := p.now().tips
		for range 100 {
			r.Kick()
			time.Sleep(10 * time.Millisecond)
		}
		if n := p.now().tips - before; n < 1 || n > 3 {
			t.Errorf("the server was asked %d times, want once, at once or a second after, and once by itself at most", n)
		}
		p.set(func(p *patchy) { p.down = false })
		r.Kick()
		time.Sleep(2 * kickPause)
		if err := r.Remote().Err; err != nil {
			t.Errorf("nobody looked: %v", err)
		}
	})
}
