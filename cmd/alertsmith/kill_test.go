package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// allSteps is the path of a change, step by step.
var allSteps = []string{
	stepReceived, rules.StepPlanned,
	"git " + gitsync.StepPlan, "git " + gitsync.StepObjects, "git " + gitsync.StepCompare, "git " + gitsync.StepRefLock,
	"git " + gitsync.StepRefWrite, "git " + gitsync.StepRefRename, "git " + gitsync.StepRefSync, "git " + gitsync.StepDone,
	rules.StepCommitted, rules.StepPublished, rules.StepReloaded, rules.StepLive, stepRecorded,
}

// beyondReturn reports whether a change is committed at a step: when the branch is about to be renamed, it is not yet.
func beyondReturn(step string) bool {
	return slices.Index(allSteps, step) > slices.Index(allSteps, "git "+gitsync.StepRefRename)
}

// TestKilledAtEveryStep kills the service at every step of a change's path. After the next start no accepted change is lost or doubled, the
// rulebook is sound, the journal knows how the command ended, and the ruler runs what the rulebook's head says.
func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		ruler   string
		first   string // a command that succeeds
		command string // the one that the service is killed at
		subject string // of its commit
		before  []string
		after   []string // what the ruler runs before and after it
		steps   []string
	}{
		{
			"add", "prometheus", "add first expr='up == 0'", "add canary expr='up == 1'", "add canary",
			[]string{"first"}, []string{"canary", "first"}, allSteps,
		},
		{
			"delete", "prometheus", "add first expr='up == 0'", "delete first", "delete first",
			[]string{"first"}, nil,
			[]string{"git " + gitsync.StepRefRename, "git " + gitsync.StepRefSync, rules.StepCommitted, rules.StepPublished, rules.StepReloaded, rules.StepLive},
		},
		{
			"Loki", "loki", "add first job=sshd Ban 5m", "add canary job=sshd Found 5m", "add canary",
			[]string{"first"}, []string{"canary", "first"}, []string{rules.StepCommitted, rules.StepPublished, rules.StepLive},
		},
	}
	for _, tt := range tests {
		for _, step := range tt.steps {
			t.Run(tt.name+" "+step, func(t *testing.T) {
				t.Parallel()
				needRulers(t, tt.ruler)
				dir := t.TempDir()
				args, running := startRuler(t, tt.ruler, dir)
				s := newSystem(t, args...)
				s.start()
				s.must(tt.first)
				s.kill()

				s.start(killAt + "=" + step)
				if a, err := s.command(tt.command); err == nil {
					t.Fatalf("the service lived on: %+v", a)
				}
				s.kill()

				s.start()
				subjects, want := []string{"add first"}, tt.before
				if beyondReturn(step) {
					subjects, want = []string{tt.subject, "add first"}, tt.after
				}
				if got := s.subjects(); !slices.Equal(got, subjects) {
					t.Fatalf("commits %q, want %q", got, subjects)
				}
				s.git("fsck", "--strict")
				awaitRules(t, running, want)
				if step != stepRecorded {
					s.assertInterrupted(tt.command, beyondReturn(step))
				}

				// Given again, the command does what is left to do, once.
				a, err := s.command(tt.command)
				if err != nil || beyondReturn(step) == (a.result == rules.Success) {
					t.Errorf("given again: %+v, %v", a, err)
				}
				const missed = "was stopped while it worked on your command"
				if later := s.must("list"); strings.Contains(a.text, missed) != (step != stepRecorded) || strings.Contains(later.text, missed) {
					t.Errorf("its author hears of it by %q and then by %q, want once", a.text, later.text)
				}
				if got := s.subjects(); !slices.Equal(got, []string{tt.subject, "add first"}) {
					t.Errorf("commits %q", got)
				}
				awaitRules(t, running, tt.after)
				s.awaitNothingWaits()
				s.stop()
				if diff := cmp.Diff(map[string]int{tt.first: 1, tt.command: 2, "list": 1}, s.assertJournal()); diff != "" {
					t.Errorf("commands in the journal (-given +there):\n%s", diff)
				}
			})
		}
	}
}

// TestKilledInAChangeOfAPausedRule kills the service behind the commit of a change that no ruler has anything to do with: the next start calls it
// paused, and not live.
func TestKilledInAChangeOfAPausedRule(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	args, _ := startRuler(t, "prometheus", t.TempDir())
	s := newSystem(t, args...)
	s.start()
	s.must("add first expr='up == 0'")
	s.must("pause first")
	deleted := ""
	for _, command := range []string{"delete first", "restore first@"} {
		s.kill()
		s.start(killAt + "=" + rules.StepCommitted)
		command += deleted
		if a, err := s.command(command); err == nil {
			t.Fatalf("the service lived on: %+v", a)
		}
		s.kill()
		s.start()
		s.awaitNothingWaits()
		end := s.ended(command)
		if end.Outcome.State != rules.PausedState || end.Outcome.Reason != "" || len(end.Outcome.Refs) != 1 || end.Outcome.Refs[0].Name != "first" || strings.Contains(end.Reply, "live") {
			t.Errorf("%s: the journal says %+v, %q", command, end.Outcome, end.Reply)
		}
		deleted = strings.TrimSpace(s.git("rev-parse", "main"))[:7]
	}
	s.stop()
}

// TestKilledWhileUndoing kills the service while it takes back a change that Prometheus refuses. After the next start the change is undone,
// once, and the journal says so.
func TestKilledWhileUndoing(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	for _, step := range []string{rules.StepPutBack, rules.StepUndone, stepRecorded} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			prometheus := mustPrometheus(t, dir)
			rulesDir := filepath.Join(dir, "prometheus-rules")
			s := newSystem(t, "--prometheus.url="+refusing(t, prometheus.URL, filepath.Join(rulesDir, "ops.canary.yaml")), "--prometheus.rules-dir="+rulesDir)
			s.start()
			s.must("add first expr='up == 0'")
			s.kill()
			s.start(killAt + "=" + step)
			if a, err := s.command("add canary expr='up == 1'"); err == nil {
				t.Fatalf("the service lived on: %+v", a)
			}
			s.kill()
			s.start()
			await(t, "the journal says that the change is undone", func() bool {
				end := s.ended("add canary expr='up == 1'").Outcome
				return end.State == rules.Reverted && end.Undone == strings.TrimSpace(s.git("rev-parse", "main"))
			})
			s.assertUndone(prometheus.URL)
			s.stop()
		})
	}
}

// TestKilledWhileUndoingLater is TestKilledWhileUndoing for a change that waited: it was answered long ago, when Prometheus was away.
func TestKilledWhileUndoingLater(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	dir := t.TempDir()
	prometheus := mustPrometheus(t, dir)
	rulesDir := filepath.Join(dir, "prometheus-rules")
	s := newSystem(t, "--prometheus.url="+refusing(t, prometheus.URL, filepath.Join(rulesDir, "ops.canary.yaml")), "--prometheus.rules-dir="+rulesDir)
	s.start(killAt + "=" + rules.StepUndone)
	s.must("add first expr='up == 0'")
	prometheus.Stop()
	s.must("add canary expr='up == 1'")
	if state := s.ended("add canary expr='up == 1'").Outcome.State; state != rules.Pending {
		t.Errorf("the journal says %s", state)
	}
	startPrometheusAt(t, dir, prometheus.Port())
	_ = s.process.Wait() // killed by its own hand
	s.process = nil
	s.start()
	if state := s.ended("add canary expr='up == 1'").Outcome.State; state != rules.Reverted {
		t.Errorf("the journal says %s", state)
	}
	s.assertUndone(prometheus.URL)
	s.stop()
}

// assertUndone asserts that "add canary" was committed and undone once, and that nothing waits.
func (s *system) assertUndone(prometheus string) {
	s.t.Helper()
	if got := s.subjects(); !slices.Equal(got, []string{"undo add canary", "add canary", "add first"}) {
		s.t.Errorf("commits %q", got)
	}
	s.git("fsck", "--strict")
	awaitRules(s.t, prometheus, []string{"first"})
	s.awaitNothingWaits()
}

// refusing returns the address of a Prometheus that refuses to reload while a file is there: what our checks let pass and a real one refuses
// is a bug of one of them, so none is known. It is told to reload by nobody else.
func refusing(t *testing.T, prometheus, file string) string {
	t.Helper()
	target, err := url.Parse(prometheus)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := os.Stat(file); err == nil && r.URL.Path == "/-/reload" {
			http.Error(w, "failed to reload config", http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// startRuler starts a ruler of a kind that reads rule files below dir, and returns the arguments that make the service use it, and where it
// lists what it runs.
func startRuler(t *testing.T, kind, dir string) (args []string, running string) {
	t.Helper()
	if kind == "prometheus" {
		prometheus := mustPrometheus(t, dir)
		return []string{"--prometheus.url=" + prometheus.URL, "--prometheus.rules-dir=" + filepath.Join(dir, "prometheus-rules")}, prometheus.URL
	}
	loki, err := startLoki(dir, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loki.Kill)
	return []string{"--loki.url=" + loki.URL, "--loki.rules-dir=" + filepath.Join(dir, "loki-rules", local.Tenant)}, loki.URL + "/prometheus"
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

// awaitRules waits until a ruler runs exactly the rules with these names.
func awaitRules(t testing.TB, address string, want []string) {
	t.Helper()
	await(t, fmt.Sprintf("the ruler runs %q", want), func() bool {
		got, err := runningRules(address)
		return err == nil && slices.Equal(got, want)
	})
}

// awaitNothingWaits waits until every change is live.
func (s *system) awaitNothingWaits() {
	s.t.Helper()
	await(s.t, "nothing waits", func() bool {
		waiting := waitingMetric.FindAllStringSubmatch(s.get("/metrics"), -1)
		return len(waiting) > 0 && !slices.ContainsFunc(waiting, func(m []string) bool { return m[1] != "0" })
	})
}

var waitingMetric = regexp.MustCompile(`(?m)^alertsmith_changes_waiting\{.*\} (.+)$`)

// runningRules returns the names of the rules that a ruler runs, sorted; Loki's address ends in /prometheus.
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
