package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// TestKilledAtEveryStep kills the service at every step of a change's path. After the next start no accepted change is lost or doubled, the
// rulebook is sound, the journal knows how the command ended, and Prometheus runs what the rulebook's head says.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	steps := []string{
		stepReceived, rules.StepPlanned,
		"git " + gitsync.StepPlan, "git " + gitsync.StepObjects, "git " + gitsync.StepCompare, "git " + gitsync.StepRefLock,
		"git " + gitsync.StepRefWrite, "git " + gitsync.StepRefRename, "git " + gitsync.StepRefSync, "git " + gitsync.StepDone,
		rules.StepCommitted, rules.StepPublished, rules.StepReloaded, rules.StepLive, stepRecorded,
	}
	const rename = 7 // the point of no return: at this step the branch is not renamed yet, at later ones it is
	for i, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			prometheus := mustPrometheus(t, dir)
			s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"))
			s.start()
			s.must("add before expr='up == 0'")
			s.kill()

			s.start(killAt + "=" + step)
			if a, err := s.command("add canary expr='up == 1'"); err == nil {
				t.Fatalf("the service lived on: %+v", a)
			}
			s.kill()

			s.start()
			want := []string{"add before"}
			if i > rename {
				want = []string{"add canary", "add before"}
			}
			if got := s.subjects(); !slices.Equal(got, want) {
				t.Fatalf("commits %q, want %q", got, want)
			}
			s.git("fsck", "--strict")
			awaitRules(t, prometheus.URL, want)

			// Given again, the command does what is left to do, once.
			a, err := s.command("add canary expr='up == 1'")
			if committed := i > rename; err != nil || committed == (a.result == rules.Success) {
				t.Errorf("given again: %+v, %v", a, err)
			}
			if got := s.subjects(); !slices.Equal(got, []string{"add canary", "add before"}) {
				t.Errorf("commits %q", got)
			}
			awaitRules(t, prometheus.URL, []string{"add canary", "add before"})
			await(t, "nothing waits", func() bool {
				return strings.Contains(s.get("/metrics"), "alertsmith_changes_waiting{ruler=\"prometheus\"} 0\n")
			})
			s.stop()
		})
	}
}

func mustPrometheus(t *testing.T, dir string) *local.Program {
	t.Helper()
	return startPrometheusAt(t, dir, 0)
}

// startPrometheusAt starts a Prometheus at a port, 0 for any, that reads the rules in dir/prometheus-rules.
func startPrometheusAt(t *testing.T, dir string, port int) *local.Program {
	t.Helper()
	prometheus, err := startPrometheus(dir, port, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prometheus.Kill)
	return prometheus
}

// awaitRules waits until Prometheus runs exactly the rules that these subjects add.
func awaitRules(t *testing.T, address string, subjects []string) {
	t.Helper()
	var want []string
	for _, subject := range subjects {
		want = append(want, strings.TrimPrefix(subject, "add "))
	}
	slices.Sort(want)
	await(t, fmt.Sprintf("Prometheus runs %q", want), func() bool {
		got, err := runningRules(address)
		return err == nil && slices.Equal(got, want)
	})
}

// runningRules returns the names of the rules that Prometheus runs, sorted.
func runningRules(address string) (names []string, err error) {
	response, err := http.Get(address + "/api/v1/rules")
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var listed struct {
		Data struct {
			Groups []struct{ Rules []struct{ Name string } }
		}
	}
	if err := json.Unmarshal(body, &listed); err != nil {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	for _, group := range listed.Data.Groups {
		for _, rule := range group.Rules {
			names = append(names, rule.Name)
		}
	}
	slices.Sort(names)
	return names, nil
}
