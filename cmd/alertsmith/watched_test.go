package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
)

// TestDeployedRulesWatch has the deployed rules watch a service: a Prometheus that scrapes it, and a Loki that gets the lines of its journal. None
// fires while all is well; then the ruler and the Git server are away and somebody is refused, and at last a byte of the journal is another.
func TestDeployedRulesWatch(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus", "loki")
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	ruler := mustPrometheus(t, s.dir)
	server, away := filepath.Join(s.dir, "server.git"), filepath.Join(s.dir, "away.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	somebodyElse := strings.Repeat("a", len(userID)) // who may use it
	write("alertsmith.yml", configuration(m, ruler.URL, somebodyElse)+fmt.Sprintf(`
git: {remote: %q, fetch_interval: 1s}
sinks: [{name: log, kind: jsonl, file: %s}]
`, server, collectedFile))
	w := startWatch(t, s)

	s.start()
	s.must("add node-down expr='up == 0'")
	await(t, "Prometheus sees a journal that is verified", func() bool { return w.sees("alertsmith_journal_last_verified_timestamp_seconds > 0") })
	w.awaitCalm()

	ruler.Stop()
	rename(t, server, away)
	s.must("add node-up expr='up == 1' reason='never twice in the file'")
	for i := range 12 {
		if a, err := s.post(m.patient(fmt.Sprintf("%026d", i+1), "delete node-down")); err != nil || a.result != rules.DeniedResult {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	refusals := []string{"AlertsmithManyRefusals"} // for a quarter of an hour
	w.awaitFiring("ruler and Git server are away, and somebody is refused",
		slices.Concat(refusals, []string{"AlertsmithChangeNotLive", "AlertsmithCommitsNotPushed", "AlertsmithRulerDown"}),
		[]string{"AlertsmithChangeNotLive", "AlertsmithRefused"})

	startPrometheusAt(t, s.dir, ruler.Port())
	rename(t, away, server)
	w.awaitFiring("they are back", refusals, []string{"AlertsmithRefused"})

	s.stop()
	flip(t, filepath.Join(s.dir, "data", journalName), "never twice in the file")
	s.start()
	w.awaitFiring("the journal is another", slices.Concat(refusals, []string{"AlertsmithJournalFlawed", "AlertsmithJournalUnverified"}), []string{"AlertsmithRefused"})
	if told := activeAlerts(t, w.prometheus.URL, "AlertsmithJournalUnverified"); len(told) == 0 || !strings.HasSuffix(told[0].Annotations["summary"], "was not verified since the start") {
		t.Errorf("it says %+v", told)
	}
	s.stop()
}

// collectedFile is where the lines go, in a file that the deployed collector gives the job that the deployed rules are about.
const collectedFile = "alertsmith.log"

// watch is what watches a service by the deployed rules.
type watch struct {
	t                *testing.T
	s                *system
	prometheus, loki *local.Program
	collected        int // bytes of the lines
}

func startWatch(t *testing.T, s *system) *watch {
	t.Helper()
	dir := t.TempDir()
	w := &watch{t: t, s: s}
	quick(t, prometheusRules, filepath.Join(dir, "prometheus-rules", "alertsmith.yaml"))
	quick(t, lokiRules, filepath.Join(dir, "loki-rules", local.Tenant, "alertsmith.yaml"))
	var err error
	w.prometheus, err = local.StartPrometheus(t.Context(), local.PrometheusOptions{
		Dir: filepath.Join(dir, "prometheus"), RulesDir: filepath.Join(dir, "prometheus-rules"), EvaluationInterval: evaluation, ScrapeInterval: evaluation,
		Scrape: map[string]string{"alertsmith:9595": strings.TrimPrefix(s.url, "http://")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.prometheus.Kill)
	if w.loki, err = startLoki(dir, 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.loki.Kill)
	return w
}

// quick copies rules that wait a second where the deployed ones wait for minutes.
func quick(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	content = regexp.MustCompile(`(?m)^( +)(for|interval): .*$`).ReplaceAll(content, []byte("$1$2: "+evaluation.String()))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// awaitFiring waits until exactly these alerts fire, and no other is about to.
func (w *watch) awaitFiring(when string, prometheus, loki []string) {
	w.t.Helper()
	want := fmt.Sprint(sorted(prometheus), sorted(loki))
	var got string
	for end := time.Now().Add(patience); got != want; time.Sleep(200 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("when %s, these alerts fire: %s; want %s", when, got, want)
		}
		w.collect()
		got = fmt.Sprint(w.firing(w.prometheus.URL), w.firing(w.loki.URL+"/prometheus"))
	}
}

// awaitCalm waits until no alert fires or is about to, and it stays so while each group of rules is evaluated several times: before the first time none does.
func (w *watch) awaitCalm() {
	w.t.Helper()
	last, calm := map[string]time.Time{}, map[string]int{} // group → when it was evaluated last, and how often since all is calm
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		w.collect()
		enough := true
		var firing []string
		for _, address := range []string{w.prometheus.URL, w.loki.URL + "/prometheus"} {
			evaluated := evaluations(w.t, address)
			enough = enough && len(evaluated) > 0
			for group, at := range evaluated {
				if group = address + " " + group; !at.Equal(last[group]) {
					last[group] = at
					calm[group]++
				}
				enough = enough && calm[group] > 3
			}
			firing = append(firing, w.firing(address)...)
		}
		switch {
		case len(firing) > 0:
			clear(calm)
		case enough:
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("when all is well, these alerts fire: %s; so often the groups were evaluated without any: %v", firing, calm)
		}
	}
}

// evaluations returns when each group of rules was evaluated last.
func evaluations(t *testing.T, address string) map[string]time.Time {
	t.Helper()
	response, err := http.Get(address + "/api/v1/rules")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data struct {
			Groups []struct {
				Name           string
				LastEvaluation time.Time
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	evaluated := map[string]time.Time{}
	for _, group := range answer.Data.Groups {
		evaluated[group.Name] = group.LastEvaluation
	}
	return evaluated
}

func sorted(names []string) []string { return slices.Sorted(slices.Values(names)) }

// firing returns the names of the alerts that fire, sorted, and of those that are about to, in brackets.
func (w *watch) firing(address string) (names []string) {
	w.t.Helper()
	for _, a := range allAlerts(w.t, address) {
		name := a.Labels["alertname"]
		if a.State != "firing" {
			name = "(" + name + ")"
		}
		for key, text := range a.Annotations {
			if strings.Contains(text, "<no value>") || strings.Contains(text, "error expanding") {
				w.t.Errorf("%s: %s: %s", name, key, text)
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sees reports whether a query has a result.
func (w *watch) sees(query string) bool {
	w.t.Helper()
	response, err := http.Get(w.prometheus.URL + "/api/v1/query?query=" + url.QueryEscape(query))
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer struct {
		Data struct{ Result []any }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		w.t.Fatalf("%s: %v", body, err)
	}
	return len(answer.Data.Result) > 0
}

// collect pushes to Loki what lines are new, as the deployed collector does: the file's name without its ending is the job.
func (w *watch) collect() {
	w.t.Helper()
	path := filepath.Join(w.s.dir, collectedFile)
	content, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	content = content[w.collected : bytes.LastIndexByte(content, '\n')+1]
	if len(content) == 0 {
		return
	}
	w.collected += len(content)
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	labels := map[string]string{"job": strings.TrimSuffix(collectedFile, ".log"), "filename": path}
	if err := local.PushLogs(w.t.Context(), w.loki.URL, labels, lines...); err != nil {
		w.t.Fatal(err)
	}
}

// flip makes one byte of a text another wherever a file has it: what a database has freed is in its file as well.
func flip(t *testing.T, path, text string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := append([]byte{text[0] ^ 1}, text[1:]...)
	if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte(text), other), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}
