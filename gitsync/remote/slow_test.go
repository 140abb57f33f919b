package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// TestTrickle has a server that always says something, and never ends: each of its answers is left in the end, and the error says why.
func TestTrickle(t *testing.T) {
	t.Parallel()
	packet := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	tip := plumbing.NewHash(strings.Repeat("1", 40))
	advert := packet(tip.String()+" refs/heads/main\x00report-status side-band-64k") + "0000"
	nothing := func(io.Reader) error { return nil }
	all := func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }
	pushed := func(r *Remote) error {
		return r.Push(t.Context(), tip, plumbing.NewHash(strings.Repeat("2", 40)), func(io.Writer) error { return nil })
	}
	for name, tc := range map[string]struct {
		advert, answer string // of the refs all, or "" where they trickle; of the answer what comes before that
		trickle        string
		do             func(*Remote) error
		want           string
	}{
		"the refs":           {"", "", packet(tip.String() + " refs/heads/x\n"), func(r *Remote) error { _, err := r.Tip(t.Context()); return err }, "did not tell within"},
		"the refs of a push": {"", "", packet(tip.String() + " refs/heads/x\n"), pushed, "did not tell within"},
		"a pack":             {advert, packet("NAK\n"), packet("\x01x"), func(r *Remote) error { return r.Fetch(t.Context(), tip, nil, nil, all) }, "less than"},
		"after a pack":       {advert, packet("NAK\n") + packet("\x01x"), packet("\x02"), func(r *Remote) error { return r.Fetch(t.Context(), tip, nil, nil, nothing) }, "less than"},
		"before a pack":      {advert, packet("NAK\n"), packet("\x01"), func(r *Remote) error { return r.Fetch(t.Context(), tip, nil, nil, all) }, "less than"},
		"a report":           {advert, "", packet("\x01"), pushed, "less than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				service, kind, text := strings.TrimPrefix(r.URL.Path, "/r/"), "result", tc.answer
				if r.Method == http.MethodGet {
					service, kind, text = r.URL.Query().Get("service"), "advertisement", tc.advert
				}
				w.Header().Set("Content-Type", "application/x-"+service+"-"+kind)
				_, _ = io.WriteString(w, text)
				tick := time.NewTicker(time.Millisecond)
				defer tick.Stop()
				for kind == "result" || tc.advert == "" {
					if _, err := io.WriteString(w, tc.trickle); err != nil {
						return
					}
					_ = http.NewResponseController(w).Flush()
					select {
					case <-tick.C:
					case <-r.Context().Done():
						return
					}
				}
			}))
			t.Cleanup(s.Close)
			r, err := New(Config{URL: s.URL + "/r", Timeout: time.Hour}) // no silence is that long
			if err != nil {
				t.Fatal(err)
			}
			r.advertWithin, r.paceWithin, r.leastPace = 300*time.Millisecond, 300*time.Millisecond, 1<<30
			if tc.advert != "" {
				r.advertWithin = time.Hour
			} else {
				r.paceWithin = time.Hour
			}
			err = tc.do(r)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error does not say %q: %v", tc.want, err)
			}
		})
	}
}

// TestWatch ends a wait that is silent, or that brings too little for too long, and no other: neither what is slow and goes on, nor what is ours to do.
func TestWatch(t *testing.T) {
	t.Parallel()
	const enough = 1000 * 10 // in ten seconds
	for name, tc := range map[string]struct {
		bytes int
		every time.Duration
		hold  time.Duration // after each
		want  error
	}{
		"a trickle":                  {5, time.Second, 0, errSlow},
		"a little too slow":          {enough/10 - 1, time.Second, 0, errSlow},
		"slow, and fast enough":      {enough / 10, time.Second, 0, nil},
		"in large pieces":            {enough, 4 * time.Second, 0, nil},
		"silence":                    {enough, 6 * time.Second, 0, errSilent},
		"what we do takes its time":  {enough / 10, time.Second, time.Hour, nil},
		"a trickle, and we are slow": {enough/10 - 1, time.Second, time.Hour, errSlow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				w := newWatch(patience{silence: 5 * time.Second, pace: 10*time.Second + time.Millisecond, least: enough}, cancel)
				defer w.stop()
				for range 100 {
					time.Sleep(tc.every)
					w.heard(tc.bytes)
					if tc.hold > 0 {
						w.hold()
						time.Sleep(tc.hold)
						w.release()
					}
				}
				if got := context.Cause(ctx); !errors.Is(got, tc.want) {
					t.Errorf("it ended with %v, want %v", got, tc.want)
				}
			})
		})
	}
}
