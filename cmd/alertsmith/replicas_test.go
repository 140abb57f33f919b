package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestReplicaThatHasNotFetched holds that a replica refuses nothing for a rulebook that is over: what the other one has just changed, and it has
// not fetched, counts.
func TestReplicaThatHasNotFetched(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	server := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	var replicas []*system
	for range 2 {
		dir := t.TempDir()
		prometheus := mustPrometheus(t, dir)
		file := filepath.Join(dir, "alertsmith.yml")
		content := fmt.Sprintf("git: {remote: %q, push: required, fetch_interval: 1h}\n", server)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"), "--config.file="+file)
		s.start()
		replicas = append(replicas, s)
	}
	one, other := replicas[0], replicas[1]
	one.must("add here expr='up == 0'")
	other.must("delete here")                      // which it has never seen
	one.must("add here expr='up == 1'")            // where it saw one last
	other.must("delete here reason='to be clean'") // where it deleted it last
	for _, s := range replicas {
		if a, err := s.command("delete here"); err != nil || a.result == rules.Success || !strings.Contains(a.text, "here") {
			t.Errorf("what is nowhere was deleted: %+v, %v", a, err)
		}
	}
	for _, s := range replicas {
		s.stop()
	}
	if got := strings.Count(gitIn(t, server, "log", "--format=%s", "main"), "\n"); got != 4 {
		t.Errorf("the Git server has %d commits, want 4", got)
	}
}
