package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDisplacedAtTheStartIsToldOnce has the service stop while a change waits for its ruler and for the Git server, which somebody else pushes to meanwhile: planned
// again at the next start, it cannot be kept, and its channel hears that once, with the reason.
func TestDisplacedAtTheStartIsToldOnce(t *testing.T) {
	t.Parallel()
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	server, clone := filepath.Join(t.TempDir(), "server.git"), filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", userID)+fmt.Sprintf("git: {remote: %q, fetch_interval: 1s}\n", server))
	s.start()
	s.must("add one expr='up == 0'")
	await(t, "the server has it", func() bool { return strings.Contains(s.must("status").text, "it has every commit") })
	gitIn(t, ".", "clone", "-q", server, clone)
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(server, away(server))
	if a, err := s.post(m.patient(firstTrigger, "edit one expr='up == 1'")); err != nil || !strings.Contains(a.text, "not live yet") {
		t.Fatalf("%+v, %v", a, err)
	}
	s.stop()
	gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
	commitAs(t, clone, "Bob", "away with it", nil)
	gitIn(t, clone, "push", "-q", away(server), "HEAD:main")
	move(away(server), server)
	for range 2 {
		s.start()
		await(t, "the channel is told, with the reason", func() bool { return m.heard("is not kept", "by Bob") })
		await(t, "what was pushed is known", func() bool { return len(s.found("action=external")) == 1 })
		s.stop() // which tells what is to be told
		if n := strings.Count(m.all(), "is not kept"); n != 1 {
			t.Errorf("the channel was told %d times:\n%s", n, m.all())
		}
		if edit := s.found("action=edit")[0]; edit.State != "DISPLACED" || !strings.Contains(edit.Reason, "by Bob") {
			t.Errorf("the journal says of the edit: %+v", edit)
		}
	}
}
