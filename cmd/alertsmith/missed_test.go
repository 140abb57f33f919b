package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestMissedIsToldAtLast holds that who gave a command at a terminal hears once what came of it after it was interrupted, also when the service was
// started again before they come back, and that nobody else does.
func TestMissedIsToldAtLast(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start(killAt + "=" + rules.StepCommitted)
	if a, err := s.command("add one expr='up == 0'"); err == nil {
		t.Fatalf("the service lived on: %+v", a)
	}
	s.kill()
	s.start()
	s.stop()
	s.start()
	other := s.form("status")
	other.Set("user_id", "terminal-other")
	answers := []string{}
	for _, ask := range []func() (answer, error){
		func() (answer, error) { return s.post(other) },
		func() (answer, error) { return s.command("status") },
		func() (answer, error) { return s.command("status") },
		func() (answer, error) { s.stop(); s.start(); return s.command("status") },
	} {
		a, err := ask()
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a.text)
	}
	for i, text := range answers {
		if told := strings.Contains(text, "was stopped while it worked on your command `add one expr='up == 0'`. What came of it: **one** added by tester"); told != (i == 1) {
			t.Errorf("the answer %d says: %s", i, text)
		}
	}
	s.stop()
}

// TestDisplacedIsToldAtTheTerminal has changes that were given at a terminal meet somebody else's push: whoever gave them hears of it with their next
// command, once, also after a restart, and of an edit of several rules which of them are not kept.
func TestDisplacedIsToldAtTheTerminal(t *testing.T) {
	t.Parallel()
	s, _, clone, goAway, pushBack := newAway(t, "add one expr='up == 0'", "add two expr='up == 0'", "add gone expr='up == 0'")
	goAway()
	plan := regexp.MustCompile("/alert (apply [^ `]+)").FindStringSubmatch(s.must("edit severity=page where namespace=ops").text)
	s.must(plan[1])
	for _, name := range []string{"one", "gone"} {
		file := filepath.Join(clone, "prometheus/ops", name+".yaml")
		content, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, append(bytes.TrimRight(content, "\n"), "\n        labels:\n          severity: info\n"...), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	commitAs(t, clone, "Bob", "info", nil)
	bobs := strings.TrimSpace(gitIn(t, clone, "rev-parse", "--short=7", "HEAD"))
	pushBack()
	await(t, "the edit is displaced", func() bool { return len(s.found("result=displaced")) == 1 })
	s.stop()
	s.start()
	text := s.must("list two").text
	for _, want := range []string{
		"severity: page", "came before your command `apply ", "is kept in part",
		`"gone" in prometheus/ops/gone.yaml (label severity); "one" in prometheus/ops/one.yaml (label severity); in the way: ` + bobs + " by Bob.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the answer lacks %q: %s", want, text)
		}
	}
	if again := s.must("list one").text; strings.Contains(again, "came before") || !strings.Contains(again, "severity: info") {
		t.Errorf("the next answer: %s", again)
	}
	s.stop()
	s.start()
	if again := s.must("list one").text; strings.Contains(again, "came before") {
		t.Errorf("the answer after another start: %s", again)
	}
	s.stop()
}
