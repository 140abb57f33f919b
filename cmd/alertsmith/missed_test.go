package main

import (
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
