package main

import (
	"encoding/csv"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWhyIsAFieldOfItsOwn holds that the journal says why a command was given wherever it tells of it: of changes, refused ones, and what the service
// does by itself; and that words in it find the entry.
func TestWhyIsAFieldOfItsOwn(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	s.must(`add node-down expr='up == 0' reason="the first one, password=` + secret + `"`)
	if a, err := s.command(`add node-down expr='up == 0' reason="once more"`); err != nil || a.result == "SUCCESS" {
		t.Fatalf("%+v, %v", a, err)
	}
	s.must(`pause node-down for=1s reason="the database moves"`)
	await(t, "the service resumes it", func() bool { return len(s.found("action=resume")) == 1 })
	for filter, why := range map[string]string{
		"first one":     "the first one, password=***",
		"once more":     "once more",
		"action=pause":  "the database moves",
		"action=resume": "the pause until ",
	} {
		found := s.found(filter)
		if len(found) != 1 || !strings.HasPrefix(found[0].Why, why) {
			t.Errorf("%s finds %+v, want why %q", filter, found, why)
			continue
		}
		if page := s.must("journal " + found[0].Request).text; !strings.Contains(page, "Why: ") {
			t.Errorf("the chat does not say why:\n%s", page)
		}
	}
	cmd := exec.Command("alertsmith", "journal", "--format=csv", "action=pause")
	cmd.Dir = s.dir
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(output))).ReadAll()
	if err != nil || len(rows) != 2 || rows[1][slices.Index(rows[0], "why")] != "the database moves" {
		t.Errorf("as a table: %q, %v", rows, err)
	}
	s.stop()
	before := map[string]string{}
	for _, r := range s.recorded() {
		if r.Outcome.Revision != "" {
			before[r.Outcome.Revision] = r.Outcome.Why
		}
	}
	if err := exec.Command("mv", filepath.Join(s.dir, "data", journalName), filepath.Join(s.dir, "lost.db")).Run(); err != nil {
		t.Fatal(err)
	}
	rebuild := exec.Command("alertsmith", "journal", "rebuild")
	rebuild.Dir = s.dir
	if output, err := rebuild.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, r := range s.recorded() {
		if r.Outcome.Why == "" || r.Outcome.Why != before[r.Outcome.Revision] {
			t.Errorf("rebuilt, the why of %q is %q, and was %q", r.Request.Command, r.Outcome.Why, before[r.Outcome.Revision])
		}
	}
}
