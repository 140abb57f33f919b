package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
)

// TestEndsWhileAChangeWaits tells the service to end while a command waits for a Prometheus that does not load its rule, for it reads another
// directory. The command is answered and the service ends long before the wait would be over; the next start follows the change up.
func TestEndsWhileAChangeWaits(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	dir := t.TempDir()
	elsewhere := mustPrometheus(t, dir)
	rulesDir := filepath.Join(dir, "not-read")
	s := newSystem(t, "--config.file=alertsmith.yml", "--prometheus.url="+elsewhere.URL, "--prometheus.rules-dir="+rulesDir)
	if err := os.WriteFile(filepath.Join(s.dir, "alertsmith.yml"), []byte("live: {timeout: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	answered := make(chan answer, 1)
	go func() {
		a, err := s.command("add canary expr='up == 1'")
		if err != nil {
			t.Error(err)
		}
		answered <- a
	}()
	await(t, "the change waits", func() bool { return slices.Equal(fileNames(t, rulesDir), []string{"ops.canary.yaml"}) })
	s.stop()
	if a := <-answered; a.result != rules.Success || !strings.Contains(a.text, "not live yet") {
		t.Errorf("%+v", a)
	}
	if printed := s.printed(); strings.Contains(printed, "Some commands were not finished") {
		t.Error("the service did not wait for the command's end")
	}

	// The next start goes on with it: as soon as Prometheus reads the right directory, the rule is live.
	s.start()
	if !strings.Contains(s.get("/metrics"), "alertsmith_changes_waiting{ruler=\"prometheus\"} 1\n") {
		t.Error("the change is forgotten")
	}
	elsewhere.Stop()
	reads, err := local.StartPrometheus(t.Context(), local.PrometheusOptions{
		Dir: filepath.Join(dir, "prometheus"), RulesDir: rulesDir, Lifecycle: true, Port: elsewhere.Port(), EvaluationInterval: evaluation,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reads.Kill)
	s.awaitNothingWaits()
	awaitRules(t, reads.URL, []string{"canary"})
	s.stop()
}

// TestRulerIsNoLongerConfigured starts the service without the ruler that a change waits for: it is settled, and not followed for ever.
func TestRulerIsNoLongerConfigured(t *testing.T) {
	t.Parallel()
	const nobody = "http://127.0.0.1:1"
	s := newSystem(t, "--prometheus.url="+nobody, "--loki.url="+nobody)
	s.start()
	s.must("add canary expr='up == 1'")
	s.kill()
	s.args = slices.DeleteFunc(s.args, func(arg string) bool { return strings.HasPrefix(arg, "--prometheus") })
	s.start()
	if end := s.ended("add canary expr='up == 1'").Outcome; end.State != rules.NotLoaded || !strings.Contains(end.Reason, "no longer configured") {
		t.Errorf("the journal says %+v", end)
	}
	s.awaitNothingWaits()
	s.stop()
}

// fileNames returns the names of the rule files in a directory that a ruler reads; none while it is not there.
func fileNames(t *testing.T, dir string) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		names = append(names, filepath.Base(path))
	}
	return names
}
