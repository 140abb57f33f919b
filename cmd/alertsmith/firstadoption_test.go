package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestFirstAdoption starts the service for the first time on a rule repository of more than a thousand files, some of them broken: the good
// ones go live, the bad ones are listed with file, line and reason, and chat works for the good ones.
func TestFirstAdoption(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	files := readCorpus(t)
	for i := range 1000 {
		files[fmt.Sprintf("generated/team %02d/rule-%d.yml", i%50, i)] = fmt.Sprintf("groups: [{name: g%d, rules: [{alert: Generated%d, expr: 'up == %d'}]}]\n", i, i, i)
	}
	total := 0
	for _, content := range files {
		total += countRules(t, content)
	}
	names := slices.Sorted(maps.Keys(files))
	broken := map[string]string{ // what is put at the end of a file
		names[3]:                         "  - alert: [",
		names[500]:                       "nonsense: true",
		"generated/team 07/rule-507.yml": "}",
	}
	for name, end := range broken {
		total -= countRules(t, files[name])
		files[name] += end + "\n"
	}

	dir := t.TempDir()
	prometheus := mustPrometheus(t, dir)
	s := newSystem(t, "--prometheus.url="+prometheus.URL, "--prometheus.rules-dir="+filepath.Join(dir, "prometheus-rules"))
	s.adopt(files)
	s.start()
	await(t, "every good rule is live", func() bool {
		return strings.Contains(s.get("/metrics"), "alertsmith_rules_not_live{ruler=\"prometheus\"} 0\n") && len(mustRunningRules(t, prometheus.URL)) == total
	})
	status := s.must("status").text
	for name := range broken {
		if !strings.Contains(status, "`prometheus/"+name+":") { // and the line
			t.Errorf("the status does not tell of %s:\n%s", name, status)
		}
	}
	s.must("add NextToTheBroken expr='up == 1' namespace=" + `"generated/team 07"`)
	s.stop()
}
