package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// killsVariable names the variable that says how often the tests below kill a service; more than a few takes long.
const killsVariable = "ALERTSMITH_TEST_KILLS"

const fewKills = 6

// writers is how many clients give commands at once to one service.
const writers = 4

// ledger is what clients know of their commands: the subject of the commit that each was to make, by how it was answered.
type ledger struct {
	mu                       sync.Mutex
	accepted, refused, lost  []string
	acceptedSince, nextIndex int
}

func (l *ledger) note(subject string, a answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && a.result == rules.Success:
		l.accepted = append(l.accepted, subject)
		l.acceptedSince++
	case err == nil && a.result != "":
		l.refused = append(l.refused, subject)
	default: // the connection broke, or nobody knows yet
		l.lost = append(l.lost, subject)
	}
}

// next returns a name that no rule had yet.
func (l *ledger) next() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nextIndex++
	return fmt.Sprintf("rule%d", l.nextIndex)
}

// load gives commands until the service dies: each client adds a rule and deletes it again.
func (l *ledger) load(s *system, token string) {
	var clients sync.WaitGroup
	defer clients.Wait()
	for range writers {
		clients.Go(func() {
			for {
				name := l.next()
				for _, command := range []string{"add " + name + addedExpr, "delete " + name} {
					form := s.form(command)
					form.Set("token", token)
					verb, _, _ := strings.Cut(command, " ")
					a, err := s.post(form)
					if l.note(verb+" "+name, a, err); err != nil {
						return
					}
				}
			}
		})
	}
}

// TestKilledUnderLoad kills the service again and again while clients give commands, alone with its rulebook, and as one of two that share one on a
// Git server on which somebody else pushes as well. No accepted change is lost, none is doubled, none of the refused ones is there, and
// nothing that others pushed is missing.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	kills := fewKills
	if text := os.Getenv(killsVariable); text != "" {
		var err error
		if kills, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("alone", func(t *testing.T) {
		t.Parallel()
		var l ledger
		s := newLoaded(t, "")
		for range kills {
			s.killUnderLoad(&l)
		}
		s.start()
		s.stop()
		s.git("fsck", "--full", "--strict")
		l.check(t, s.subjects())
		l.checkJournals(t, s)
		l.report(t, kills)
	})
	t.Run("two replicas", func(t *testing.T) {
		t.Parallel()
		var l ledger
		server := filepath.Join(t.TempDir(), "server.git")
		gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
		replicas := []*system{newLoaded(t, server), newLoaded(t, server)}
		replicas[0].start()
		replicas[0].must("add first expr='up == 0'")
		replicas[0].kill()
		outsider := newOutsider(t, server)
		var both sync.WaitGroup
		for _, s := range replicas {
			both.Go(func() {
				for range kills / 2 {
					s.killUnderLoad(&l)
				}
			})
		}
		stop := make(chan struct{})
		var pushing sync.WaitGroup
		pushing.Go(func() { outsider.push(stop) })
		both.Wait()
		close(stop)
		pushing.Wait()
		for _, s := range replicas { // what a kill left in doubt is decided
			s.start()
			s.stop()
			s.git("fsck", "--full", "--strict")
		}
		gitIn(t, server, "fsck", "--full", "--strict")
		subjects := strings.Split(strings.TrimSpace(gitIn(t, server, "log", "--format=%s", "main")), "\n")
		l.check(t, subjects)
		l.checkJournals(t, replicas...)
		for _, pushed := range outsider.pushed {
			if !slices.Contains(subjects, pushed) {
				t.Errorf("%q was pushed and is gone", pushed)
			}
		}
		l.report(t, kills)
		t.Logf("%d commits of somebody else", len(outsider.pushed))
	})
}

// newLoaded prepares a service with a real Prometheus, on a Git server where one is given.
func newLoaded(t *testing.T, server string) *system {
	t.Helper()
	dir := t.TempDir()
	prometheus := mustPrometheus(t, dir)
	args := []string{"--prometheus.url=" + prometheus.URL, "--prometheus.rules-dir=" + filepath.Join(dir, "prometheus-rules")}
	if server != "" {
		file := filepath.Join(dir, "alertsmith.yml")
		content := fmt.Sprintf("git: {remote: %q, push: required, fetch_interval: 1s}\n", server)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config.file="+file)
	}
	return newSystem(t, args...)
}

// killUnderLoad starts the service, and kills it some time after its first accepted change.
func (s *system) killUnderLoad(l *ledger) {
	s.start()
	token := s.token()
	l.mu.Lock()
	l.acceptedSince = 0
	l.mu.Unlock()
	process := s.process.Process
	done := make(chan struct{})
	go func() {
		defer close(done)
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			l.mu.Lock()
			began := l.acceptedSince > 0
			l.mu.Unlock()
			if began {
				break
			}
		}
		time.Sleep(rand.N(300 * time.Millisecond))
		_ = process.Kill() // it runs until this
	}()
	l.load(s, token)
	<-done
	s.kill()
}

// check compares what clients were told with the commits' subjects.
func (l *ledger) check(t *testing.T, subjects []string) {
	t.Helper()
	count := map[string]int{}
	for _, s := range subjects {
		count[s]++
	}
	for _, s := range l.accepted {
		if count[s] != 1 {
			t.Errorf("%q was accepted and is there %d times", s, count[s])
		}
	}
	for _, s := range l.refused {
		if count[s] != 0 {
			t.Errorf("%q was refused and is there %d times", s, count[s])
		}
	}
	for _, s := range l.lost {
		if count[s] > 1 {
			t.Errorf("%q was not answered and is there %d times", s, count[s])
		}
	}
	if len(l.accepted) == 0 || len(l.lost) == 0 {
		t.Errorf("nothing was shown: %d commands were accepted and %d not answered", len(l.accepted), len(l.lost))
	}
}

// checkJournals compares what clients were told with the journals of the services that they gave commands to: each command that was answered is in one
// of them, once, and no other is there twice.
func (l *ledger) checkJournals(t *testing.T, services ...*system) {
	t.Helper()
	count := map[string]int{} // by the subject that the command's commit was to have
	for _, s := range services {
		for command, n := range s.assertJournal() {
			count[strings.TrimSuffix(command, addedExpr)] += n
		}
	}
	answered := map[string]bool{"add first": true} // which the test gave
	for _, subject := range slices.Concat(l.accepted, l.refused) {
		answered[subject] = true
		if count[subject] != 1 {
			t.Errorf("%q was answered and is in the journal %d times", subject, count[subject])
		}
	}
	for subject, n := range count {
		if !answered[subject] && (n > 1 || !slices.Contains(l.lost, subject)) {
			t.Errorf("%q is in the journal %d times", subject, n)
		}
	}
}

// addedExpr ends the commands that add a rule.
const addedExpr = " expr='up == 0'"

func (l *ledger) report(t *testing.T, kills int) {
	t.Logf("%d kills; %d commands accepted, %d refused, %d not answered", kills, len(l.accepted), len(l.refused), len(l.lost))
}

// outsider is somebody who pushes to the Git server past Alertsmith.
type outsider struct {
	t      *testing.T
	dir    string
	pushed []string
}

func newOutsider(t *testing.T, server string) *outsider {
	t.Helper()
	o := &outsider{t: t, dir: filepath.Join(t.TempDir(), "clone")}
	gitIn(t, ".", "clone", "-q", server, o.dir)
	return o
}

// push commits and pushes until it is told to stop. Whoever loses a race begins again.
func (o *outsider) push(stop chan struct{}) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(200 * time.Millisecond):
		}
		subject := fmt.Sprintf("note %d", n)
		gitIn(o.t, o.dir, "fetch", "-q")
		gitIn(o.t, o.dir, "reset", "-q", "--hard", "origin/main")
		if err := os.WriteFile(filepath.Join(o.dir, "NOTES"), []byte(subject+"\n"), 0o600); err != nil {
			o.t.Error(err)
			return
		}
		gitIn(o.t, o.dir, "add", "NOTES")
		gitIn(o.t, o.dir, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit", "-q", "-m", subject)
		if exec.Command("git", "-C", o.dir, "push", "-q", "origin", "HEAD:main").Run() == nil {
			o.pushed = append(o.pushed, subject)
		}
	}
}

// gitIn runs Git in a directory and returns what it printed.
func gitIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output)
}
