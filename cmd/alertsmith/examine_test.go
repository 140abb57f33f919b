package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// TestARulerIsAskedWhatItHas mistypes a job that a real Loki has: the answer knows which was meant, and the change is made all the same.
func TestARulerIsAskedWhatItHas(t *testing.T) {
	t.Parallel()
	needRulers(t, "loki")
	dir := t.TempDir()
	loki, err := startLoki(dir, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(loki.Kill)
	if err := local.PushLogs(t.Context(), loki.URL, map[string]string{"job": "nginx"}, "GET / 200"); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, "--loki.url="+loki.URL, "--loki.rules-dir="+filepath.Join(dir, "loki-rules", local.Tenant))
	s.start()
	const meant = `Warning ` + "`online-missing`" + `: loki had no log stream within 1d for {job="ngnix"}; it does not know "ngnix": did you mean nginx?`
	// given gives a command until Loki answered in time, and takes back what it did when Loki did not, where it changes something.
	given := func(command string) (a answer) {
		t.Helper()
		await(t, "Loki is asked in time", func() bool {
			a = s.must(command)
			asked := !strings.Contains(a.text, slow)
			if !asked && strings.HasPrefix(command, "add ") {
				s.must("undo")
			}
			return asked
		})
		return a
	}
	s.must(`add right job=nginx "500" 5m`) // Loki's first answers take long
	for _, c := range [][2]string{
		{`add mistyped job=ngnix "500" 5m`, meant},
		{`lint mistyped`, meant},
		{`lint right`, `Info ` + "`online-found`" + `: {job="nginx"} reads 1 stream.`},
	} {
		if a := given(c[0]); !strings.Contains(a.text, c[1]) {
			t.Errorf("%s: %s", c[0], a.text)
		}
	}
	// What is only told is told where it is asked for, and what is accepted not at all.
	if a := given(`add more job=nginx "501" 5m`); strings.Contains(a.text, "online-") {
		t.Errorf("a change is told what there is: %s", a.text)
	}
	s.must(`edit mistyped accept=online-missing reason="it comes tomorrow"`)
	for _, text := range []string{`lint mistyped`, `edit mistyped threshold=2`} {
		if a := given(text); strings.Contains(a.text, "Warning `online-missing`") {
			t.Errorf("%s tells what is accepted: %s", text, a.text)
		}
	}
	s.stop()
}
