package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// corpus is a collection of rule files that nobody here wrote: one directory a subject.
const corpus = "../../../shared/corpus/awesome-prometheus-alerts/rules"

// TestCorpus adopts a rule repository as it is: every rule is listed and live, and adding to its files and deleting from them leaves all
// other bytes as they were.
func TestCorpus(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	files := readCorpus(t)
	dir := t.TempDir()
	prometheus := mustPrometheus(t, dir)
	s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"))
	s.adopt(files)
	s.start()

	total := 0
	for _, content := range files {
		total += countRules(t, content)
	}
	if a := s.must("list"); !strings.HasPrefix(a.text, fmt.Sprintf("**%d rules**", total)) {
		t.Errorf("list says %.60q, want %d rules", a.text, total)
	}
	await(t, "every rule is live", func() bool {
		return strings.Contains(s.get("/metrics"), "alertsmith_rules_not_live{ruler=\"prometheus\"} 0\n") && len(mustRunningRules(t, prometheus.URL)) == total
	})

	// One to a file of its own, one into a group that is there, and one deleted with the comment that belongs to it.
	own := s.change("add own-file expr='up == 0' namespace=ops")
	assertOnly(t, own, map[string]string{"prometheus/ops/own-file.yaml": "+"})
	into := s.change("add HostIsGone expr='up == 0' group=NodeExporter namespace=host-and-hardware")
	assertOnly(t, into, map[string]string{"prometheus/host-and-hardware/node-exporter.yml": "+"})
	deleted := s.change("delete RedisDown")
	assertOnly(t, deleted, map[string]string{"prometheus/redis/oliver006-redis-exporter.yml": "-"})
	if !strings.Contains(deleted, "-    # 1m delay allows a restart without triggering an alert.\n") {
		t.Errorf("the comment of the deleted rule is still there:\n%s", deleted)
	}

	// Every other byte is as it was, in the rulebook and before Prometheus.
	touched := map[string]bool{"host-and-hardware/node-exporter.yml": true, "redis/oliver006-redis-exporter.yml": true}
	for name, content := range files {
		if got := s.git("show", "main:prometheus/"+name); !touched[name] && got != content {
			t.Errorf("%s is changed in the rulebook", name)
		}
	}
	await(t, "Prometheus runs what the head says", func() bool { return len(mustRunningRules(t, prometheus.URL)) == total+1 })
	s.git("fsck", "--strict")
	s.stop()
}

// readCorpus returns the corpus's files by their paths.
func readCorpus(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(corpus)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".yml" {
			return err
		}
		content, err := fs.ReadFile(root, name)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Skipf("SKIPPED: the corpus of rule files is not here: %v", err)
	}
	return files
}

// adopt makes the rulebook out of rule files before the service has ever run, as somebody does who has a repository already.
func (s *system) adopt(files map[string]string) {
	s.t.Helper()
	clone := filepath.Join(s.dir, "clone")
	for name, content := range files {
		file := filepath.Join(clone, "prometheus", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
	book := filepath.Join(s.dir, "data", rulebookName)
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main", clone},
		{"-C", clone, "add", "--all"},
		{"-C", clone, "-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "commit", "--quiet", "--message=rules"},
		{"clone", "--quiet", "--bare", clone, book},
	} {
		if output, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			s.t.Fatalf("git %q: %v\n%s", args, err, output)
		}
	}
	if err := os.RemoveAll(clone); err != nil {
		s.t.Fatal(err)
	}
}

// countRules counts a file's rules without any of our own code.
func countRules(t *testing.T, content string) int {
	t.Helper()
	var file struct {
		Groups []struct{ Rules []yaml.Node }
	}
	if err := yaml.Unmarshal([]byte(content), &file); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, group := range file.Groups {
		n += len(group.Rules)
	}
	return n
}

func mustRunningRules(t *testing.T, address string) []string {
	t.Helper()
	names, err := runningRules(address)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// change gives a command and returns the diff of the commit that it made.
func (s *system) change(command string) string {
	s.t.Helper()
	if a := s.must(command); !strings.Contains(a.text, " prometheus after ") {
		s.t.Errorf("%s is not live: %s", command, a.text)
	}
	return s.git("-c", "core.quotePath=false", "show", "--format=", "--unified=0", "main", "--", "prometheus")
}

var changedLine = regexp.MustCompile(`(?m)^([+-])([^+-].*)?$`)

// assertOnly asserts that a diff touches exactly these files, and that its lines are only added (+) or only removed (-).
func assertOnly(t *testing.T, diff string, files map[string]string) {
	t.Helper()
	if n := strings.Count(diff, "diff --git "); n != len(files) {
		t.Errorf("the commit touches %d rule files, want %d:\n%s", n, len(files), diff)
	}
	for name, sign := range files {
		if !strings.Contains(diff, " b/"+name+"\n") {
			t.Errorf("the commit does not touch %s:\n%s", name, diff)
		}
		lines := changedLine.FindAllStringSubmatch(diff, -1)
		if len(lines) == 0 {
			t.Errorf("the diff has no line:\n%s", diff)
		}
		for _, line := range lines {
			if line[1] != sign {
				t.Errorf("the diff has the line %q, want only %s:\n%s", line[0], sign, diff)
			}
		}
	}
}
