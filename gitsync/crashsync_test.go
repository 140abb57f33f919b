package gitsync

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"
)

// TestKillWithAServer kills a replica at every step and at random times, while another one changes the same file on the same server. Every change
// that either acknowledged is on the server in the end, none twice, and nothing stays in doubt.
func TestKillWithAServer(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		env := []string{"GITSYNC_CRASH_HOST=" + host}
		if required {
			env = append(env, "GITSYNC_CRASH_REQUIRED=1")
		}
		other := openBook(t, Options{Remote: at(t, host), Required: required})
		keepUp(t, other, Following{Interval: 50 * time.Millisecond})
		if _, err := other.Update(t.Context(), change(map[string][]byte{"log": {}})); err != nil {
			t.Fatal(err)
		}
		add(t, other, "first")
		same(t, other, host)
		ctx, stop := context.WithCancel(t.Context())
		acknowledged := map[string]bool{"first": true}
		racing := make(chan map[string]bool)
		go func() {
			mine := map[string]bool{}
			for i := 0; ctx.Err() == nil; i++ {
				line := fmt.Sprint("other", i)
				if _, err := other.Update(t.Context(), appendLine("log", line)); err == nil {
					mine[line] = true
				}
				select {
				case <-time.After(300 * time.Millisecond): // so that the one that is killed wins now and then, on a slow machine too
				case <-ctx.Done():
				}
			}
			racing <- mine
		}()

		dir := filepath.Join(t.TempDir(), "rulebook.git")
		steps := []string{StepPlan, StepObjects, StepRefLock, StepRefWrite, StepRefRename, StepRefSync, StepDone, "", "", ""}
		if required {
			steps = append(steps, StepPush)
		}
		random := rand.New(rand.NewPCG(5, 6))
		for i, step := range steps {
			for _, line := range crash(t, dir, fmt.Sprintf("run%d", i), step, time.Duration(random.IntN(300))*time.Millisecond, env...) {
				acknowledged[line] = true
			}
			fsck(t, dir)
		}
		stop()
		for line := range <-racing {
			acknowledged[line] = true
		}
		r := openBook(t, Options{Dir: dir, Remote: at(t, host), Required: required, Logger: slog.New(slog.DiscardHandler)})
		keepUp(t, r, Following{})
		until(t, "nothing is in doubt", func() bool { return r.Doubts() == nil })
		until(t, "both replicas are the same", func() bool {
			r.Kick()
			other.Kick()
			return same(t, r, host) == same(t, other, host)
		})
		head, err := r.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		checkLines(t, r, head, acknowledged)
		if len(acknowledged) < len(steps) {
			t.Errorf("only %d updates were acknowledged: the kills come too early to prove anything", len(acknowledged))
		}
		t.Logf("%d acknowledged", len(acknowledged))
	})
}
