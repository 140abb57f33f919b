package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// ownCommands returns what a service's journal says of the commands that it gave itself, the newest first.
func ownCommands(t *testing.T, s *system) (own []rules.Record) {
	t.Helper()
	for _, r := range s.recorded() {
		if r.Request.Entry == "service" {
			own = append(own, r)
		}
	}
	return own
}

// TestOwnCommandsAreTold holds that what the service does by itself is in the journal, and told where it was asked for; also after a kill in the
// middle of it.
func TestOwnCommandsAreTold(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	prometheus := mustPrometheus(t, s.dir)
	write("alertsmith.yml", configuration(m, prometheus.URL, userID))
	s.start()
	give := func(id, text string) {
		t.Helper()
		if a, err := s.post(m.patient(id, text)); err != nil || a.result != rules.Success {
			t.Fatalf("%s: %+v, %v", text, a, err)
		}
	}
	for i, text := range []string{
		"add node-down expr='up == 0'",
		"add short-lived expr='up == 2' expires=3s",
		"pause node-down for=1s",
	} {
		give(fmt.Sprintf("%026d", i+1), text)
	}
	await(t, "the channel hears of the resumption", func() bool { return m.heard("node-down", "resumed by Alertsmith", "live in prometheus", "undo") })
	await(t, "the channel hears of the expiry", func() bool { return m.heard("short-lived", "its time was over", "gone from prometheus") })

	give(secondTrigger, "pause node-down for=10s")
	s.kill()
	s.start(killAt + "=" + rules.StepCommitted) // when the time has come
	await(t, "the service is killed", func() bool {
		response, err := http.Get(s.url + "/-/healthy")
		if err == nil {
			response.Body.Close()
		}
		return err != nil
	})
	s.kill()
	s.start()
	await(t, "the channel hears of what a kill interrupted", func() bool { return strings.Count(m.all(), "resumed by Alertsmith") == 2 })
	s.stop()

	own := ownCommands(t, s)
	if len(own) != 3 {
		t.Fatalf("the journal has %d commands of the service: %+v", len(own), own)
	}
	slices.SortFunc(own, func(a, b rules.Record) int { return strings.Compare(a.Request.Command, b.Request.Command) }) // what is due at once has no order
	for i, want := range []string{"delete short-lived", "resume node-down", "resume node-down"} {
		r := own[i]
		if r.Request.Command != want || r.Done.IsZero() || r.Outcome.Result != rules.Success || r.Outcome.Revision == "" ||
			r.Request.Actor.Name != "Alertsmith" || r.Request.Channel.ID != channelID || r.Request.Channel.Name != "alerts" || r.Reply == "" {
			t.Errorf("%s is written down as %+v", want, r)
		}
	}
}

// TestWhatWasTakenBackIsNotDoneAgain holds that what the service did by itself and somebody took back is not done again, however many commits came since.
func TestWhatWasTakenBackIsNotDoneAgain(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	for _, text := range []string{"add node-down expr='up == 0'", "pause node-down for=1s"} {
		if a, err := s.command(text); err != nil || a.result != rules.Success {
			t.Fatalf("%s: %+v, %v", text, a, err)
		}
	}
	resumed := func() (times int) {
		for _, subject := range s.subjects() {
			if subject == "resume node-down" {
				times++
			}
		}
		return times
	}
	await(t, "the rule is resumed", func() bool { return resumed() == 1 })
	own := ownCommands(t, s)
	if a, err := s.command("undo " + own[0].Request.ID); err != nil || a.result != rules.Success {
		t.Fatalf("%+v, %v", a, err)
	}
	s.stop()
	stream := bytes.NewBufferString("reset refs/heads/main\nfrom refs/heads/main^0\n")
	const more = 10_001
	for n := range more {
		fmt.Fprintf(stream, "commit refs/heads/main\ncommitter Bob <bob@example.org> now\ndata 2\n%d\nM 100644 inline notes.md\ndata %d\n%d\n", n%10, len(fmt.Sprint(n)), n)
	}
	take := exec.Command("git", "--git-dir="+filepath.Join(s.dir, "data", "rulebook.git"), "fast-import", "--quiet", "--date-format=now")
	take.Stdin = stream
	if out, err := take.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	s.start()
	await(t, "the status says why it is not done again", func() bool {
		a, err := s.command("status")
		return err == nil && strings.Contains(a.text, "it is not done again by itself")
	})
	if n := resumed(); n != 1 {
		t.Errorf("the rule was resumed %d times", n)
	}
	s.stop()
}

// TestOwnCommandsOfReplicas holds that two replicas resume a rule once, and agree on what they write down.
func TestOwnCommandsOfReplicas(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	server := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	var replicas []*system
	for range 2 {
		dir := t.TempDir()
		prometheus := mustPrometheus(t, dir)
		file := filepath.Join(dir, "alertsmith.yml")
		if err := os.WriteFile(file, fmt.Appendf(nil, "git: {remote: %q, push: required, fetch_interval: 1s}\n", server), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"), "--config.file="+file)
		s.start()
		replicas = append(replicas, s)
	}
	const pauses = 4
	for i := range pauses {
		replicas[i%2].must(fmt.Sprintf("add here-%d expr='up == %d'", i, i))
	}
	for i := range pauses {
		replicas[i%2].must(fmt.Sprintf("pause here-%d for=2s", i))
	}
	resumed := func() int { return strings.Count(gitIn(t, server, "log", "--format=%s", "main"), "resume here-") }
	await(t, "the rules are resumed", func() bool { return resumed() == pauses })
	for _, s := range replicas {
		await(t, "what it did is written down", func() bool {
			return !slices.ContainsFunc(ownCommands(t, s), func(r rules.Record) bool { return r.Done.IsZero() })
		})
		s.stop()
	}
	if n := resumed(); n != pauses {
		t.Errorf("%d rules were resumed %d times", pauses, n)
	}
	revisions := map[string]string{} // request → commit
	for _, s := range replicas {
		for _, r := range ownCommands(t, s) {
			if r.Done.IsZero() {
				continue // the service ended while it looked at what the other had done: its next start says so
			}
			if r.Outcome.Result != rules.Success || r.Outcome.Revision == "" {
				t.Errorf("%s: %+v", r.Request.Command, r.Outcome)
			}
			if other, known := revisions[r.Request.ID]; known && other != r.Outcome.Revision {
				t.Errorf("%s is two commits: %s, %s", r.Request.Command, other, r.Outcome.Revision)
			}
			revisions[r.Request.ID] = r.Outcome.Revision
		}
	}
	if len(revisions) != pauses {
		t.Errorf("the journals have %d resumptions, want %d", len(revisions), pauses)
	}
}
