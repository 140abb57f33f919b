package main

import (
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
)

// TestLogLinesReachAlertmanager is the paper's transcript as a whole: log lines in a real Loki, five commands, an alert in a real
// Alertmanager.
func TestLogLinesReachAlertmanager(t *testing.T) {
	t.Parallel()
	needRulers(t, "loki", "alertmanager")
	dir := t.TempDir()
	alertmanager, err := local.StartAlertmanager(t.Context(), local.AlertmanagerOptions{Dir: filepath.Join(dir, "alertmanager")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(alertmanager.Kill)
	loki, err := local.StartLoki(t.Context(), local.LokiOptions{
		Dir: filepath.Join(dir, "loki"), RulesDir: filepath.Join(dir, "loki-rules"), AlertmanagerURL: alertmanager.URL,
		PollInterval: time.Second, EvaluationInterval: evaluation,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loki.Kill)
	s := newSystem(t, "--loki.url="+loki.URL, "--loki.rules-dir="+filepath.Join(dir, "loki-rules", local.Tenant))
	s.start()

	const name, job = "amane-fail2ban-log", "amane_fail2ban_log"
	if a := s.must(`add ` + name + ` ` + job + ` "Ban" 5m`); !strings.Contains(a.text, "live in loki after") {
		t.Errorf("add: %s", a.text)
	}
	err = local.PushLogs(t.Context(), loki.URL, map[string]string{"job": job},
		"fail2ban.filter  [811]: INFO    [sshd] Found 192.0.2.17", "fail2ban.actions [811]: NOTICE  [sshd] Ban 192.0.2.17")
	if err != nil {
		t.Fatal(err)
	}
	var fired local.Alert
	await(t, "the alert reaches Alertmanager", func() bool {
		alerts, err := local.Alerts(t.Context(), alertmanager.URL)
		for _, alert := range alerts {
			if alert.Labels["alertname"] == name {
				fired = alert
			}
		}
		return err == nil && fired.Labels != nil
	})
	if summary := fired.Annotations["summary"]; fired.Labels["job"] != job || !strings.Contains(summary, `"Ban"`) || !strings.Contains(summary, " 1 ") {
		t.Errorf("the alert does not say which job, which pattern and how often: %+v", fired)
	}
	for command, shows := range map[string]string{"list": name, "list all": `|= "Ban"`, "list " + name: `|= "Ban"`} {
		if a := s.must(command); !strings.Contains(a.text, shows) {
			t.Errorf("%s: %s", command, a.text)
		}
	}
	if a := s.must("delete " + name); !strings.Contains(a.text, "gone from loki after") {
		t.Errorf("delete: %s", a.text)
	}
	awaitRules(t, loki.URL+"/prometheus", nil)
	s.stop()
}

// TestLokiComesBack adds a rule while Loki is stopped. Once Loki is started, the rule is live without anyone's help.
func TestLokiComesBack(t *testing.T) {
	t.Parallel()
	needRulers(t, "loki")
	dir := t.TempDir()
	loki, err := startLoki(dir, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loki.Kill)
	loki.Stop()
	s := newSystem(t, "--loki.url="+loki.URL, "--loki.rules-dir="+filepath.Join(dir, "loki-rules", local.Tenant))
	s.start()
	if a := s.must(`add sshd-ban job=sshd "Ban" 5m`); !strings.Contains(a.text, "not live yet") {
		t.Errorf("add: %s", a.text)
	}
	again, err := startLoki(dir, loki.Port(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Kill)
	awaitRules(t, again.URL+"/prometheus", []string{"sshd-ban"})
	s.awaitNothingWaits()
	await(t, "the journal says that the rule is live", func() bool { return s.ended(`add sshd-ban job=sshd "Ban" 5m`).Outcome.State == rules.Live })
	s.stop()
}

// TestStateSurvivesOtherRules adds and deletes rules beside one that is pending, and again beside one that fires: since when it does is
// Prometheus's state, and neither changes it.
func TestStateSurvivesOtherRules(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	dir := t.TempDir()
	prometheus, err := local.StartPrometheus(t.Context(), local.PrometheusOptions{
		Dir: filepath.Join(dir, "prometheus"), RulesDir: filepath.Join(dir, "prometheus-rules"), EvaluationInterval: evaluation, Lifecycle: true,
		Scrape: map[string]string{"node_exporter:9100": "127.0.0.1:9"}, // where nobody listens
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prometheus.Kill)
	s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"))
	s.start()
	for state, hold := range map[string]string{"pending": "1h", "firing": "1s"} {
		name := "node-down-" + state
		a := s.must(`add ` + name + ` expr='up == 0' for=` + hold + ` severity=critical summary="{{ $labels.instance }} is down"`)
		if !strings.Contains(a.text, "live in prometheus after") {
			t.Errorf("add: %s", a.text)
		}
		var since string
		await(t, name+" is "+state, func() bool {
			var now string
			now, since = activeAlert(t, prometheus.URL, name)
			return now == state
		})
		for _, command := range []string{"add unrelated expr='up == 1'", "delete unrelated"} {
			s.must(command)
			if now, at := activeAlert(t, prometheus.URL, name); now != state || at != since {
				t.Errorf("after %s: %s since %s, before it was %s since %s", command, now, at, state, since)
			}
		}
	}
	s.stop()
}

// activeAlert returns the state of a rule's one alert, and since when it is active; "" when there is none.
func activeAlert(t *testing.T, prometheus, name string) (state, since string) {
	t.Helper()
	if alerts := activeAlerts(t, prometheus, name); len(alerts) > 0 {
		return alerts[0].State, alerts[0].ActiveAt
	}
	return "", ""
}

// prometheusAlert is an alert as Prometheus lists it.
type prometheusAlert struct {
	Labels          map[string]string
	Annotations     map[string]string
	State, ActiveAt string
}

// activeAlerts returns the alerts of a rule that are pending or firing.
func activeAlerts(t *testing.T, prometheus, name string) []prometheusAlert {
	t.Helper()
	return slices.DeleteFunc(allAlerts(t, prometheus), func(a prometheusAlert) bool { return a.Labels["alertname"] != name })
}

// allAlerts returns the alerts of all rules that are pending or firing.
func allAlerts(t *testing.T, prometheus string) []prometheusAlert {
	t.Helper()
	response, err := http.Get(prometheus + "/api/v1/alerts")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data struct{ Alerts []prometheusAlert }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer.Data.Alerts
}
