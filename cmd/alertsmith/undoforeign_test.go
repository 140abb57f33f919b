package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestUndoOfAnotherServicesRequest asks a service to take back what another one without a signing key was asked for, on the same Git server: by the request's id it is
// refused, as whoever pushes can write any id into a message, and the commit is named, by whose hash it can be taken back. So it is with a message that is forged.
func TestUndoOfAnotherServicesRequest(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	var services []*system
	for range 2 {
		s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
		s.configured("git: {remote: " + server + ", fetch_interval: 1s}\n")
		s.start()
		services = append(services, s)
	}
	one, other := services[0], services[1]
	one.must("add disk-full expr='up == 0' reason='it is new'")
	made := one.found("action=add")[0].Request
	await(t, "the other service has it", func() bool { return strings.Contains(other.must("list").text, "disk-full") })

	refused := func(id string, parts ...string) string {
		t.Helper()
		a, err := other.command("undo " + id + " reason=loud")
		if err != nil || a.result == rules.Success {
			t.Fatalf("it is taken back: %+v, %v", a, err)
		}
		for _, part := range append(parts, "Another service did, or somebody who pushed says so") {
			if !strings.Contains(a.text, part) {
				t.Errorf("the refusal does not say %q:\n%s", part, a.text)
			}
		}
		_, line, _ := strings.Cut(a.text, "Try:\n```\n/alert ")
		line, _, _ = strings.Cut(line, "\n")
		return line
	}
	hash := strings.TrimSpace(gitIn(t, server, "log", "-1", "--format=%h", "--abbrev=7"))
	line := refused(made, hash, "(add disk-full)")
	if want := "undo " + hash + " reason=loud"; line != want {
		t.Errorf("the line is %q, want %q", line, want)
	}
	if a := other.must(line); !strings.Contains(a.text, "Taking back **add disk-full**") {
		t.Errorf("%s is answered with\n%s", line, a.text)
	}

	never := strings.Repeat("x", 26)
	if a, err := other.command("undo " + never); err != nil || a.result == rules.Success || !strings.Contains(a.text, "has no change of the request") {
		t.Errorf("of a request that nobody made: %+v, %v", a, err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	await(t, "the server has the undo", func() bool { return strings.Contains(gitIn(t, server, "log", "--format=%s"), "undo add disk-full") })
	gitIn(t, ".", "clone", "-q", server, clone)
	if err := os.MkdirAll(filepath.Join(clone, "prometheus", "ops"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(clone, "prometheus", "ops", "forged.yaml"), []byte(ruleFile("forged", "up == 1")), 0o600); err != nil {
		t.Fatal(err)
	}
	gitIn(t, clone, "add", ".")
	gitIn(t, clone, "-c", "user.name=Mallory", "-c", "user.email=m@example.org", "commit", "-q", "-m", "delete *forged*", "-m", "Action: add\nActor: alice\nRequest-Id: "+never)
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	await(t, "the forged commit is there", func() bool { return strings.Contains(other.must("list").text, "forged") })
	refused(never, "Mallory", `delete \*forged\*`)
	for _, s := range services {
		s.stop()
	}
}
