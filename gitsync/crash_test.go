package gitsync

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

// TestMain is, when asked by the environment, the process that the crash tests kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv("GITSYNC_CRASH_DIR"); dir != "" {
		if err := crashing(dir, os.Getenv("GITSYNC_CRASH_RUN"), os.Getenv("GITSYNC_CRASH_STEP")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashing updates the rulebook from four goroutines and prints every line it has an acknowledgement for, until it is
// killed: by itself when it comes to the step for the third time, or from outside.
func crashing(dir, run, step string) error {
	seen := 0
	o := Options{Dir: dir, Committer: service, Logger: slog.New(slog.DiscardHandler), Step: func(s string) {
		if s != step {
			return
		}
		if seen++; seen == 3 {
			self, _ := os.FindProcess(os.Getpid())
			_ = self.Kill()
			select {}
		}
	}}
	if host := os.Getenv("GITSYNC_CRASH_HOST"); host != "" {
		server, err := remote.New(remote.Config{URL: host})
		if err != nil {
			return err
		}
		o.Remote, o.Required = server, os.Getenv("GITSYNC_CRASH_REQUIRED") != ""
	}
	r, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	go func() { _ = r.Follow(context.Background(), Following{Replan: again, Interval: 20 * time.Millisecond}) }()
	errs := make(chan error)
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				line := fmt.Sprintf("%s-%d-%d", run, w, i)
				_, err := r.Update(context.Background(), appendLine("log", line))
				if err != nil && o.Remote != nil && rules.KindOf(err) == rules.Unavailable {
					continue // others were faster for too long, which they may be
				}
				if err != nil {
					errs <- err
					return
				}
				fmt.Println(line)
			}
		}()
	}
	return <-errs
}

// crash runs the process above until it is dead and returns the lines that it acknowledged.
func crash(t *testing.T, dir, run, step string, after time.Duration, env ...string) (acknowledged []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(append(os.Environ(), env...), "GITSYNC_CRASH_DIR="+dir, "GITSYNC_CRASH_RUN="+run, "GITSYNC_CRASH_STEP="+step)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() {
		time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if acknowledged = append(acknowledged, lines.Text()); step == "" {
			kill() // some time after the first acknowledgement
		}
	}
	if err := cmd.Wait(); err == nil || stderr.String() != "" {
		t.Fatalf("the process ended by itself: %v\n%s", err, stderr.String())
	}
	return acknowledged
}

// TestKill kills the writer at every step and at random times, again and again in one repository, and holds that every
// acknowledged commit is there, none twice, and Git finds everything whole.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "rulebook.git")
	steps := []string{StepPlan, StepObjects, StepCompare, StepRefLock, StepRefWrite, StepRefRename, StepRefSync, StepDone}
	random := rand.New(rand.NewPCG(3, 4))
	for range 8 {
		steps = append(steps, "")
	}
	acknowledged := map[string]bool{}
	for i, step := range steps {
		name := fmt.Sprintf("run%d", i)
		for _, line := range crash(t, dir, name, step, time.Duration(random.IntN(150))*time.Millisecond) {
			acknowledged[line] = true
		}
		r, err := Open(t.Context(), Options{Dir: dir, Committer: service, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatalf("killed at %q: %v", step, err)
		}
		head, err := r.Head(t.Context())
		if err != nil {
			t.Fatalf("killed at %q: %v", step, err)
		}
		checkLines(t, r, head, acknowledged)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		fsck(t, dir)
		if t.Failed() {
			t.Fatalf("after a kill at %q", step)
		}
	}
	if len(acknowledged) < len(steps) {
		t.Errorf("only %d updates were acknowledged: the kills come too early to prove anything", len(acknowledged))
	}
}

// checkLines holds that each line is in the file once and has exactly one commit, and that every acknowledged one is there.
func checkLines(t *testing.T, r *Rulebook, head rules.Tree, acknowledged map[string]bool) {
	t.Helper()
	data, err := head.Read("log")
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]int{}
	for line := range strings.Lines(string(data)) {
		there[strings.TrimSuffix(line, "\n")]++
	}
	for line := range acknowledged {
		if there[line] == 0 {
			t.Errorf("the acknowledged %s is lost", line)
		}
	}
	for line, n := range there {
		found, err := r.FindRequest(t.Context(), line)
		if err != nil {
			t.Fatal(err)
		}
		if n != 1 || len(found) != 1 {
			t.Errorf("%s is there %d times and has %d commits", line, n, len(found))
		}
	}
}
