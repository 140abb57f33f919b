package ruler_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/deploy/local"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// TestPrometheusWithoutLifecycle: the reload order is refused with what to do about it, and the rules come with the next start.
func TestPrometheusWithoutLifecycle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rulesDir := filepath.Join(dir, "rules")
	program := program{name: "prometheus", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartPrometheus(ctx, local.PrometheusOptions{Dir: dir, RulesDir: rulesDir, EvaluationInterval: interval, Port: port})
	}}
	program.launch(t)
	r := open(t, ruler.Config{Kind: "prometheus", Name: "prometheus", URL: program.URL, RulesDir: rulesDir, StateDir: t.TempDir()})
	file := rules.RuleFile{Path: "ops/a.yaml", Content: []byte("groups: [{name: a, rules: [{alert: A, expr: vector(1)}]}]")}
	if _, err := r.Publish(t.Context(), []rules.RuleFile{file}); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(t.Context()); err == nil || rules.KindOf(err) != rules.ReloadOff {
		t.Errorf("reload: %v, want kind reload off", err)
	}
	program.stop(t)
	program.launch(t)
	waitFor(t, r, func(running []rules.RunningRule) bool {
		return len(running) == 1 && running[0].State == "firing" && running[0].Active == 1
	})
}

// TestLokiWithSomebodyElsesBadFile: nobody's change is at fault, so it is not refused; and a directory in the tenant's is no trouble.
func TestLokiWithSomebodyElsesBadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	tenant := filepath.Join(dir, "rules", local.Tenant)
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{Dir: dir, PollInterval: interval, EvaluationInterval: interval, Port: port})
	}}
	program.launch(t)
	r := open(t, ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, RulesDir: tenant, StateDir: t.TempDir()})
	good := rules.RuleFile{Path: "ops/good.yaml", Content: fmt.Appendf(nil, "groups: [{name: good, rules: [{alert: Good, expr: '%s'}]}]", logExpr(1))}
	if _, err := r.Publish(t.Context(), []rules.RuleFile{good}); err != nil {
		t.Fatal(err)
	}
	for _, staged := range []string{"0", "1.yaml"} { // as during a publication
		if err := os.MkdirAll(filepath.Join(tenant, ".alertsmith-staging"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tenant, ".alertsmith-staging", staged), []byte("half a fi"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Reload(t.Context()); err != nil {
		t.Fatalf("with a directory in the tenant's: %v", err)
	}
	waitFor(t, r, func(running []rules.RunningRule) bool { return len(running) == 1 && running[0].Health == "ok" })

	if err := os.WriteFile(filepath.Join(tenant, "README"), []byte("Ask Bob."), 0o644); err != nil {
		t.Fatal(err)
	}
	published, err := r.Publish(t.Context(), []rules.RuleFile{good})
	if err != nil || !slices.Equal(published.Foreign, []string{"README"}) {
		t.Errorf("published %+v, %v", published, err)
	}
	if err := r.Reload(t.Context()); err == nil || rules.KindOf(err) != rules.Unreachable || !strings.Contains(err.Error(), "README") {
		t.Errorf("reload: %v, want kind unreachable that names the file", err)
	}
}

// TestLokiTenants: with authentication on, each tenant has its own rules, and a ruler without a tenant is told.
func TestLokiTenants(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{
			Dir: dir, RulerAPI: true, PollInterval: interval, EvaluationInterval: interval, Port: port, ExtraFlags: []string{"-auth.enabled=true"},
		})
	}}
	program.launch(t)
	for _, tenant := range []string{"team-a", "team-b"} {
		r := open(t, ruler.Config{Kind: "loki", Name: tenant, URL: program.URL, Tenant: tenant, StateDir: t.TempDir()})
		file := rules.RuleFile{Path: "ops/a.yaml", Content: fmt.Appendf(nil, "groups: [{name: %s, rules: [{alert: A, expr: '%s'}]}]", tenant, logExpr(1))}
		published, err := r.Publish(t.Context(), []rules.RuleFile{file})
		if err != nil || len(published.Foreign) != 0 {
			t.Fatalf("%s: %+v, %v", tenant, published, err)
		}
		waitFor(t, r, func(running []rules.RunningRule) bool {
			return len(running) == 1 && running[0].Group == tenant && running[0].Health == "ok"
		})
	}
	err := running(t, open(t, ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, StateDir: t.TempDir()}))
	if err == nil || rules.KindOf(err) != rules.Unreachable || !strings.Contains(err.Error(), "no org id") {
		t.Errorf("without a tenant: %v", err)
	}
}

// TestLokiAPINames: names of any kind, several groups in a file, anchors, and groups that come, change and go one by one.
func TestLokiAPINames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{Dir: dir, RulerAPI: true, PollInterval: interval, EvaluationInterval: interval, Port: port})
	}}
	program.launch(t)
	r := open(t, ruler.Config{Kind: "loki", Name: "loki", URL: program.URL, StateDir: t.TempDir()})
	paths := []string{"ops/plain.yaml", "per%20cent/100%/a%zz.yaml", "多個/漢字 と空白.yml", "v1.2/a..b.yaml", "q?x=1&y#z/+.yaml"}
	groups := []string{"plain", "with space", "per%20cent 100%", "with/slash", "..", "漢字", "?q=1#x", "+&"}
	for _, set := range [][]string{groups, groups[:6], groups[3:5], groups[4:], {"plain"}, groups, {}} {
		var files []rules.RuleFile
		want := []string{}
		for _, path := range paths {
			files = append(files, groupFile(path, set))
			for _, group := range set {
				want = append(want, path+" "+group)
			}
		}
		if _, err := r.Publish(t.Context(), files); err != nil {
			t.Fatalf("%q: %v", set, err)
		}
		again, err := r.Publish(t.Context(), files)
		if diff := cmp.Diff(rules.Published{}, again); diff != "" || err != nil {
			t.Fatalf("%q again (-want +got):\n%s\n%v", set, diff, err)
		}
		slices.Sort(want)
		waitFor(t, r, func(running []rules.RunningRule) bool {
			got := []string{}
			for _, rule := range running {
				got = append(got, rule.Path+" "+rule.Group)
			}
			slices.Sort(got)
			return slices.Equal(want, got)
		})
	}
}

// TestLokiAPIKilledAtEveryRequest lets Alertsmith die at every request of a publication, and go on from there.
func TestLokiAPIKilledAtEveryRequest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := program{name: "loki", start: func(ctx context.Context, port int) (*local.Program, error) {
		return local.StartLoki(ctx, local.LokiOptions{Dir: dir, RulerAPI: true, Port: port})
	}}
	program.launch(t)
	target, err := url.Parse(program.URL)
	if err != nil {
		t.Fatal(err)
	}
	var left atomic.Int64 // requests until the line is dead
	proxy := httputil.NewSingleHostReverseProxy(target)
	line := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if left.Add(-1) < 0 {
			panic(http.ErrAbortHandler)
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(line.Close)
	cfg := ruler.Config{Kind: "loki", Name: "loki", URL: line.URL, StateDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)}
	before := []rules.RuleFile{groupFile("ops/changes.yaml", []string{"a", "b"}), groupFile("ops/goes.yaml", []string{"c"}), groupFile("ops/stays.yaml", []string{"s"})}
	after := []rules.RuleFile{groupFile("ops/changes.yaml", []string{"b", "d"}), groupFile("ops/comes.yaml", []string{"e", "f"}), groupFile("ops/stays.yaml", []string{"s"})}
	bring := func(requests int64, files []rules.RuleFile) (rules.Published, error) {
		left.Store(requests)
		return open(t, cfg).Publish(t.Context(), files)
	}
	deaths := 0
	for requests := int64(0); ; requests++ {
		if _, err := bring(100, before); err != nil {
			t.Fatal(err)
		}
		if _, err := bring(requests, after); err == nil {
			break
		} else if rules.KindOf(err) != rules.Unreachable {
			t.Fatalf("after %d requests: %v", requests, err)
		}
		deaths++
		for _, files := range [][]rules.RuleFile{after, before} {
			published, err := bring(100, files)
			if err != nil || len(published.Foreign) != 0 {
				t.Errorf("after %d requests: %+v, %v", requests, published, err)
			}
			again, err := bring(100, files)
			if diff := cmp.Diff(rules.Published{}, again); diff != "" || err != nil {
				t.Errorf("after %d requests, again (-want +got):\n%s\n%v", requests, diff, err)
			}
		}
	}
	if deaths < 5 {
		t.Errorf("died only %d times", deaths)
	}
	if _, err := bring(100, nil); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, http.MethodGet, program.URL+"/loki/api/v1/rules", ""); status != http.StatusNotFound {
		t.Errorf("left in Loki: %d %s", status, body)
	}
}

// groupFile returns a file with these groups, whose rules share an anchor.
func groupFile(path string, groups []string) rules.RuleFile {
	text := []byte("shared: &shared {severity: page}\ngroups:\n")
	for _, group := range groups {
		text = fmt.Appendf(text, "- name: %q\n  rules: [{alert: A, expr: '%s', for: 1m, labels: *shared}]\n", group, logExpr(len(group)))
	}
	return rules.RuleFile{Path: path, Content: text}
}

func waitFor(t *testing.T, r rules.Ruler, wanted func([]rules.RunningRule) bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		running, err := r.Running(t.Context())
		if err == nil && wanted(running) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("never as wanted; runs %+v, %v", running, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
