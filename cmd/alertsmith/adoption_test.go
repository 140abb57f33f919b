package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// ruleDir is a rule directory that a Prometheus reads before Alertsmith is there.
var ruleDir = map[string]string{
	"node.yml": `# Kept by hand since 2019.
groups:
- name: node
  rules:
    - {alert: NodeDown, expr: 'up{job="node"} == 0', for: 1s, labels: {severity: "critical"}}   # pager!
    - alert: NodeUp
      expr: up{job="node"} == 1
`,
	"ops/other.yml": `groups:
    - name: other
      rules:
          - record: job:up:sum
            expr: sum by(job)(up)
`,
	"web team/日本.v2.yml": `groups:
- name: web
  interval: 1s
  rules:
  - alert: WebDown
    expr: 'up{job="node"} == 0'
    for: 1h
`,
}

// adopted is a directory of rule files that a real Prometheus reads, with an alert that fires and one that is pending.
type adopted struct {
	t          *testing.T
	dir        string // with the directory rules, and live, which Prometheus reads as well
	prometheus *local.Program
}

func newAdopted(t *testing.T) *adopted {
	t.Helper()
	needRulers(t, "prometheus")
	a := &adopted{t: t, dir: t.TempDir()}
	for name, content := range ruleDir {
		writeFile(t, filepath.Join(a.dir, "rules", filepath.FromSlash(name)), content)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	a.prometheus, err = local.StartPrometheus(ctx, local.PrometheusOptions{
		Dir: filepath.Join(a.dir, "prometheus"), RulesDir: filepath.Join(a.dir, "rules"), RuleDirs: []string{"ops", "web team", "../live"},
		EvaluationInterval: evaluation, Lifecycle: true, Scrape: map[string]string{"node_exporter:9100": "127.0.0.1:9"}, // where nobody listens
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.prometheus.Kill)
	await(t, "an alert fires and one is pending", func() bool {
		alerts := a.alerts()
		return strings.HasPrefix(alerts["NodeDown"], "firing") && strings.HasPrefix(alerts["WebDown"], "pending")
	})
	return a
}

// alerts returns the states of the alerts and since when they are active, by name.
func (a *adopted) alerts() map[string]string {
	a.t.Helper()
	states := map[string]string{}
	for _, name := range []string{"NodeDown", "WebDown"} {
		state, since := activeAlert(a.t, a.prometheus.URL, name)
		states[name] = state + " since " + since
	}
	return states
}

// reload makes Prometheus read its rule files, as its operator does.
func (a *adopted) reload() {
	a.t.Helper()
	response, err := http.Post(a.prometheus.URL+"/-/reload", "", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		a.t.Fatalf("reload: %s", response.Status)
	}
}

// serve imports the directory, and starts a service that publishes in a layout to a directory.
func (a *adopted) serve(layout, rulesDir string) *system {
	a.t.Helper()
	file := filepath.Join(a.dir, "alertsmith.yml")
	writeFile(a.t, file, fmt.Sprintf("rulers: [{name: prometheus, kind: prometheus, url: %q, rules_dir: %q, layout: %s}]\n",
		a.prometheus.URL, filepath.Join(a.dir, rulesDir), layout))
	s := newSystem(a.t, "--config.file="+file)
	output, err := s.run("import", filepath.Join(a.dir, "rules"), "--ruler=prometheus", "--config.file="+file)
	if err != nil || !strings.Contains(output, "Imported 3 files with 4 rules") || !strings.Contains(output, "layout: "+layout) {
		a.t.Fatalf("import: %v\n%s", err, output)
	}
	s.start()
	return s
}

// run runs the program to its end, with the storage path of the service, and returns what it printed.
func (s *system) run(args ...string) (string, error) {
	cmd := exec.Command("alertsmith", args...)
	cmd.Dir = s.dir
	output, err := cmd.CombinedOutput()
	return string(output), err
}

// TestAdoptionKeepsAlertsFiring takes over a directory that Prometheus reads: nothing in it is written, and neither the adoption nor
// changes of other rules change since when an alert fires.
func TestAdoptionKeepsAlertsFiring(t *testing.T) {
	t.Parallel()
	a := newAdopted(t)
	before, files := a.alerts(), a.inodes()
	s := a.serve("tree", "rules")
	await(t, "every rule is live", func() bool {
		return strings.Contains(s.get("/metrics"), "alertsmith_rules_not_live{ruler=\"prometheus\"} 0\n")
	})
	a.reload()
	if diff := cmp.Diff(files, a.inodes()); diff != "" {
		t.Errorf("the adoption wrote (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, a.alerts()); diff != "" {
		t.Errorf("alerts after the adoption (-before +after):\n%s", diff)
	}
	for command, diff := range map[string]map[string]string{
		`add OtherUp expr="up == 1" namespace=ops group=other`:                    {"prometheus/ops/other.yml": "+"},
		`add InTheSameGroup expr="up == 1" namespace=. group=node`:                {"prometheus/node.yml": "+"},
		`add OwnFile expr="up == 1" namespace=ops`:                                {"prometheus/ops/OwnFile.yml": "+"}, // .yml as its neighbours
		`add BesideThePending expr="up == 1" namespace="web team" group=web`:      {"prometheus/web team/日本.v2.yml": "+"},
		`add AtTheTop expr="up == 1" namespace=. reason="as others in this file"`: {"prometheus/AtTheTop.yml": "+"},
	} {
		assertOnly(t, s.change(command), diff)
		if diff := cmp.Diff(before, a.alerts()); diff != "" {
			t.Errorf("alerts after %s (-before +after):\n%s", command, diff)
		}
	}
	assertOnly(t, s.change("delete NodeUp"), map[string]string{"prometheus/node.yml": "-"})
	if diff := cmp.Diff(before, a.alerts()); diff != "" {
		t.Errorf("alerts after a delete (-before +after):\n%s", diff)
	}
	s.git("fsck", "--full", "--strict")
	s.stop()
}

// TestAdoptionOfABrokenPrometheus adopts a directory while Prometheus refuses its configuration because of something else. Nothing in the
// directory is touched for it, and once that is mended everything is live.
func TestAdoptionOfABrokenPrometheus(t *testing.T) {
	t.Parallel()
	a := newAdopted(t)
	broken := filepath.Join(a.dir, "live", "broken.yml")
	writeFile(t, broken, "groups: nonsense")
	before, files := a.alerts(), a.inodes()
	s := a.serve("tree", "rules")
	if a, err := s.command("status"); err != nil || !strings.Contains(a.text, "the fault is elsewhere") {
		t.Errorf("status: %v\n%s", err, a.text)
	}
	if err := os.Remove(broken); err != nil {
		t.Fatal(err)
	}
	await(t, "Prometheus follows", func() bool {
		return strings.Contains(s.get("/metrics"), "alertsmith_rules_not_live{ruler=\"prometheus\"} 0\n")
	})
	s.must(`add OtherUp expr="up == 1" namespace=ops group=other`)
	delete(files, "ops/other.yml")
	now := a.inodes()
	delete(now, "ops/other.yml")
	if diff := cmp.Diff(files, now); diff != "" {
		t.Errorf("files were written (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before, a.alerts()); diff != "" {
		t.Errorf("alerts (-before +after):\n%s", diff)
	}
	s.stop()
}

// inodes tells for every rule file that was there whether it was written.
func (a *adopted) inodes() map[string]string {
	a.t.Helper()
	found := map[string]string{}
	for name := range ruleDir {
		info, err := os.Lstat(filepath.Join(a.dir, "rules", filepath.FromSlash(name)))
		if err != nil {
			a.t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		found[name] = fmt.Sprintf("inode %d, changed %d", stat.Ino, stat.Ctim.Nano())
	}
	return found
}

// TestFlatAdoptionStartsAlertsAnew is why there is a tree: a file under another name has new alerts.
func TestFlatAdoptionStartsAlertsAnew(t *testing.T) {
	t.Parallel()
	a := newAdopted(t)
	before := a.alerts()
	s := a.serve("flat", "live")
	if err := os.RemoveAll(filepath.Join(a.dir, "rules", "node.yml")); err != nil {
		t.Fatal(err)
	}
	a.reload()
	await(t, "the alert fires again", func() bool { return strings.HasPrefix(a.alerts()["NodeDown"], "firing") })
	if after := a.alerts(); after["NodeDown"] == before["NodeDown"] {
		t.Errorf("it fires %s, as before: the README says otherwise", after["NodeDown"])
	}
	s.stop()
}

func writeFile(t testing.TB, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
