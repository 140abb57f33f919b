package local_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
)

func TestPrometheusFiresIntoAlertmanager(t *testing.T) {
	t.Parallel()
	need(t, "prometheus", "alertmanager")
	ctx := deadline(t)
	alertmanager := started(t)(local.StartAlertmanager(ctx, local.AlertmanagerOptions{Dir: t.TempDir()}))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules", "up.yaml"), "groups: [{name: up, rules: [{alert: AlwaysFiring, expr: vector(1)}]}]")
	prometheus := started(t)(local.StartPrometheus(ctx, local.PrometheusOptions{
		Dir: dir, AlertmanagerURL: alertmanager.URL, EvaluationInterval: 200 * time.Millisecond, Lifecycle: true,
		ExtraFlags: []string{"--log.level=warn"},
	}))
	waitForAlert(ctx, t, alertmanager.URL, "AlwaysFiring")

	address := prometheus.URL
	prometheus.Stop()
	if prometheus.Running() {
		t.Fatal("Prometheus runs on after Stop")
	}
	if err := syscall.Kill(prometheus.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Fatalf("process %d after Stop: %v, want none", prometheus.PID, err)
	}
	again := started(t)(local.StartPrometheus(ctx, local.PrometheusOptions{Dir: dir, Port: prometheus.Port()}))
	if again.URL != address {
		t.Errorf("started again at %s, want %s", again.URL, address)
	}
	if config := get(t, again.URL+"/api/v1/status/config"); strings.Contains(config, ":9100") || !strings.Contains(config, "- "+hostOf(again.URL)) {
		t.Errorf("scrapes what does not run here, or not itself: %s", config)
	}
}

func TestLokiFiresIntoAlertmanager(t *testing.T) {
	t.Parallel()
	need(t, "loki", "alertmanager")
	ctx := deadline(t)
	alertmanager := started(t)(local.StartAlertmanager(ctx, local.AlertmanagerOptions{Dir: t.TempDir()}))
	rule := `{alert: Ban, expr: 'sum by (job) (count_over_time({job="sshd"} |= "Ban" [5m])) > 0'}`
	for name, api := range map[string]bool{"files": false, "API": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if !api {
				write(t, filepath.Join(dir, "rules", local.Tenant, "ban.yaml"), "groups: [{name: files, rules: ["+rule+"]}]")
			}
			loki := started(t)(local.StartLoki(ctx, local.LokiOptions{
				Dir: dir, RulerAPI: api, AlertmanagerURL: alertmanager.URL, PollInterval: time.Second, EvaluationInterval: time.Second,
			}))
			if api {
				response, err := http.Post(loki.URL+"/loki/api/v1/rules/ops", "application/yaml", strings.NewReader("{name: api, rules: ["+strings.Replace(rule, "Ban,", "BanAPI,", 1)+"]}"))
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if response.StatusCode != http.StatusAccepted {
					t.Fatalf("posting a group: %s", response.Status)
				}
			}
			if err := local.PushLogs(ctx, loki.URL, map[string]string{"job": "sshd"}, "Ban 192.0.2.1", "Ban 192.0.2.2"); err != nil {
				t.Fatal(err)
			}
			waitForAlert(ctx, t, alertmanager.URL, map[bool]string{false: "Ban", true: "BanAPI"}[api])
		})
	}
}

func TestStartTellsWhyNot(t *testing.T) {
	t.Parallel()
	need(t, "prometheus")
	dir := t.TempDir()
	write(t, filepath.Join(dir, "rules", "bad.yaml"), "groups: nonsense")
	_, err := local.StartPrometheus(deadline(t), local.PrometheusOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "bad.yaml") {
		t.Errorf("Prometheus with a bad rule file: %v, want an error with its log", err)
	}
}

func TestFindNamesTheRemedy(t *testing.T) {
	t.Parallel()
	if _, err := local.Find("no-such-program"); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Errorf("Find of a missing program: %v, want an error that names `make tools`", err)
	}
}

// need skips the test where a program is missing; in CI that is a failure.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := local.Find(program); err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip("SKIPPED, NOT TESTED: ", err)
		}
	}
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func started(t *testing.T) func(*local.Program, error) *local.Program {
	return func(p *local.Program, err error) *local.Program {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Stop)
		return p
	}
}

func waitForAlert(ctx context.Context, t *testing.T, alertmanagerURL, name string) {
	t.Helper()
	for {
		alerts, err := local.Alerts(ctx, alertmanagerURL)
		if err != nil {
			t.Fatalf("waiting for alert %s: %v", name, err)
		}
		for _, alert := range alerts {
			if alert.Labels["alertname"] == name {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }
