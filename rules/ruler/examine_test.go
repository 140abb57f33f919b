package ruler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// examined returns what a ruler's examination finds in an expression, as "check severity: text [→ fix]".
func examined(t *testing.T, asked rules.Ruler, expression string) []string {
	t.Helper()
	got := []string{}
	for _, f := range ruler.Examine(t.Context(), asked, []rules.Entry{{Rule: rules.Rule{Alert: "A", Expr: expression}, Interval: time.Minute}}) {
		if f.Why == "" {
			t.Errorf("%s says not why", f.Check)
		}
		text := f.Check + " " + string(f.Severity) + ": " + f.Text
		if f.Fix != "" {
			text += " → " + f.Fix
		}
		got = append(got, text)
	}
	return got
}

// answered is examined for a real ruler: it is asked again while it takes its time.
func answered(t *testing.T, asked rules.Ruler, expression string) (got []string) {
	t.Helper()
	for began := time.Now(); ; {
		got = examined(t, asked, expression)
		if !strings.Contains(strings.Join(got, ""), slow) || time.Since(began) > time.Minute {
			return got
		}
	}
}

func TestExaminePrometheus(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "prometheus", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartPrometheus(ctx, local.PrometheusOptions{Dir: dir, Port: port})
	}}
	program.launch(t)
	asked := open(t, ruler.Config{Kind: "prometheus", Name: "prom", URL: program.URL, RulesDir: filepath.Join(dir, "rules"), StateDir: t.TempDir()})
	awaitFinding(t, asked, `up{job="prometheus"}`, "1 series") // it scrapes itself every 15 s
	// What a rule of the same change records is not missing: the ruler cannot have it yet.
	for _, f := range ruler.Examine(t.Context(), asked, []rules.Entry{
		{Rule: rules.Rule{Alert: "A", Expr: "job:new:sum > 1"}}, {Rule: rules.Rule{Record: "job:new:sum", Expr: "sum by (job) (up)"}},
	}) {
		if f.Check == "online-missing" {
			t.Errorf("of what is recorded beside it: %s", f.Text)
		}
	}
	for expression, want := range map[string][]string{
		`vector(1) > 0`:                                   {},
		`up{job="prometheus"} == 0`:                       {`online-found info: up{job="prometheus"} reads 1 series`},
		`up{job="promtheus"} == 0`:                        {`online-missing warning: prom had no series within 1h for up{job="promtheus"}; it does not know "promtheus": did you mean prometheus? → up{job="prometheus"} == 0`},
		`up{jobb="prometheus"} == 0`:                      {`online-missing warning: prom had no series within 1h for up{jobb="prometheus"}; it does not know "jobb": did you mean job? → up{job="prometheus"} == 0`},
		`go_gorutines > 100`:                              {`online-missing warning: prom had no series within 1h for go_gorutines; it does not know "go_gorutines": did you mean go_goroutines? → go_goroutines > 100`},
		`{job=~"zzz.+"} > 0`:                              {`online-missing warning: prom had no series within 1h for {job=~"zzz.+"}`},
		`up{job=~"prom.*",instance="x"} == 0`:             {`online-missing warning: prom had no series within 1h for up{job=~"prom.*",instance="x"}; it does not know "x"`},
		`rate(go_goroutines[5m]) > 1`:                     {`online-found info: go_goroutines reads 1 series`, `online-type warning: go_goroutines is a gauge, and rate is for counters → deriv(go_goroutines[5m]) > 1`},
		`delta(go_gc_heap_allocs_bytes_total[5m]) > 1`:    {`online-found info: go_gc_heap_allocs_bytes_total reads 1 series`, `online-type warning: go_gc_heap_allocs_bytes_total is a counter, and delta is for gauges`},
		`increase(go_gc_heap_allocs_bytes_total[5m]) > 1`: {`online-found info: go_gc_heap_allocs_bytes_total reads 1 series`},
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(want, answered(t, asked, expression)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExamineLoki(t *testing.T) { //nolint:tparallel // what Loki has stored is asked after the parts
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{Dir: dir, Port: port})
	}}
	program.launch(t)
	for _, host := range []string{"web1", "web2"} {
		if err := local.PushLogs(t.Context(), program.URL, map[string]string{"job": "nginx", "host": host}, strings.Repeat("x", 1000)); err != nil {
			t.Fatal(err)
		}
	}
	asked := open(t, ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, StateDir: t.TempDir()})
	const all = `sum(count_over_time({job="nginx"}[5m])) > 0`
	awaitFinding(t, asked, all, "2 streams") // its first answers take long
	for expression, want := range map[string][]string{
		`sum(count_over_time({job="nginx"}[5m])) > 0`:              {`online-found info: {job="nginx"} reads 2 streams`},
		`absent_over_time({job="nginx", host="web1"}[1m])`:         {`online-found info: {job="nginx", host="web1"} reads 1 stream`},
		`sum(count_over_time({job="ngnix"} |= "x" [5m])) > 0`:      {`online-missing warning: loki had no log stream within 1d for {job="ngnix"}; it does not know "ngnix": did you mean nginx? → sum(count_over_time({job="nginx"} |= "x" [5m])) > 0`},
		`sum(count_over_time({jobs="nginx"}[5m])) > 0`:             {`online-missing warning: loki had no log stream within 1d for {jobs="nginx"}; it does not know "jobs": did you mean job? → sum(count_over_time({job="nginx"}[5m])) > 0`},
		`sum(count_over_time({job="nginx",host="web9x"}[5m])) > 0`: {`online-missing warning: loki had no log stream within 1d for {job="nginx", host="web9x"}; it does not know "web9x": did you mean web1, web2?`},
		`sum(count_over_time({job=~"apache.*"}[5m])) > 0`:          {`online-missing warning: loki had no log stream within 1d for {job=~"apache.*"}`},
	} {
		t.Run(expression, func(t *testing.T) {
			if diff := cmp.Diff(want, answered(t, asked, expression)); diff != "" {
				t.Error(diff)
			}
		})
	}
	flush, err := http.NewRequestWithContext(t.Context(), http.MethodPost, program.URL+"/flush", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(flush)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got := awaitFinding(t, asked, all, "stored"); !strings.Contains(got, "each line is read 5 times") || !strings.HasSuffix(got, "kB a day") {
		t.Error(got)
	}
}

// awaitFinding waits until the only finding in an expression has text in it.
func awaitFinding(t *testing.T, asked rules.Ruler, expression, text string) string {
	t.Helper()
	for began := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		got := examined(t, asked, expression)
		if len(got) == 1 && strings.Contains(got[0], text) {
			return got[0]
		}
		if time.Since(began) > time.Minute {
			t.Fatalf("%q has no %q", got, text)
		}
	}
}

// TestExamineUnanswered: a ruler that hangs, refuses or talks nonsense costs its budget at most and is a finding, never an error.
func TestExamineUnanswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"hangs":    {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "ruler did not answer within 2s"},
		"forbids":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, "does not let Alertsmith in"},
		"nonsense": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "does not answer as a ruler does"},
		"unknown":  {http.NotFound, "ruler answered 404"},
	} {
		for _, kind := range ruler.Kinds {
			t.Run(name+" "+kind.Name, func(t *testing.T) {
				t.Parallel()
				server := httptest.NewServer(c.handler)
				t.Cleanup(server.CloseClientConnections)
				t.Cleanup(server.Close)
				asked := open(t, ruler.Config{Kind: kind.Name, Name: "ruler", URL: server.URL, RulesDir: t.TempDir(), StateDir: t.TempDir()})
				expression := map[string]string{"prometheus": "up == 0 and rate(a_total[5m]) > 1", "loki": `rate({a="b"}[5m]) > rate({a="c"}[5m])`}[kind.Name]
				got := examined(t, asked, expression)
				if len(got) != 1 || strings.Contains(got[0], "127.0.0.1") || !strings.HasPrefix(got[0], "online-unanswered info: ") || !strings.Contains(got[0], c.want) {
					t.Errorf("%q", got)
				}
			})
		}
	}
}
