package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDisplacedChangeKeepsWhatItDid has a change meet somebody else's, which leaves no room for it: the journal still says what it did to which field.
func TestDisplacedChangeKeepsWhatItDid(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.configured(fmt.Sprintf("git: {remote: %q, fetch_interval: 1s}\n", server))
	s.start()
	s.must("add one expr='up == 0'")
	await(t, "the server has the first commit", func() bool { return strings.Contains(gitIn(t, server, "branch"), "main") })
	clone := filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "clone", "-q", server, clone)
	away := server + ".away"
	if err := os.Rename(server, away); err != nil {
		t.Fatal(err)
	}
	s.must(`edit one expr='up == 1' reason="for the night"`)
	before := s.found("action=edit")[0]
	if before.Diff == "" || len(before.Fields) != 1 {
		t.Fatalf("the journal says of the edit: %+v", before)
	}
	gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
	commitAs(t, clone, "Bob", "away with it", nil)
	gitIn(t, clone, "push", "-q", away, "HEAD:main")
	if err := os.Rename(away, server); err != nil {
		t.Fatal(err)
	}
	await(t, "the change is displaced", func() bool { return len(s.found("action=edit", "result=displaced")) == 1 })
	s.stop()
	after := s.found("action=edit")[0]
	if after.Undone == "" || !strings.Contains(after.Reason, "one") {
		t.Errorf("why it was displaced is said so: %q, by %q", after.Reason, after.Undone)
	}
	before.State, before.Reason, before.Undone = after.State, after.Reason, after.Undone
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("what the journal says of the change (-before +after it was displaced):\n%s", diff)
	}
	if found := s.found("action=external"); len(found) != 1 {
		t.Errorf("%d commits are somebody else's, want Bob's: %+v", len(found), found)
	}
}

// TestCommandsAreDoneAgainWhereTheirRulesAre has somebody else move one rule and delete another while the service changes them and cannot push: the
// acknowledged delete holds for the rule that was moved, and what cannot be done to the one that is gone is told.
func TestCommandsAreDoneAgainWhereTheirRulesAre(t *testing.T) {
	t.Parallel()
	server := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.configured(fmt.Sprintf("git: {remote: %q, fetch_interval: 1s}\n", server))
	s.start()
	s.must("add one expr='up == 0'")
	s.must("add two expr='up == 2'")
	await(t, "the server has both", func() bool {
		return strings.Contains(gitIn(t, server, "branch"), "main") && strings.Contains(gitIn(t, server, "ls-tree", "-r", "--name-only", "main"), "two.yaml")
	})
	clone := filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "clone", "-q", server, clone)
	away := server + ".away"
	if err := os.Rename(server, away); err != nil {
		t.Fatal(err)
	}
	s.must("delete two")
	s.must("rename one three")
	if err := os.Mkdir(filepath.Join(clone, "prometheus/y"), 0o750); err != nil {
		t.Fatal(err)
	}
	gitIn(t, clone, "mv", "prometheus/ops/two.yaml", "prometheus/y/two.yaml")
	gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
	commitAs(t, clone, "Bob", "one is away, two is elsewhere", nil)
	gitIn(t, clone, "push", "-q", away, "HEAD:main")
	if err := os.Rename(away, server); err != nil {
		t.Fatal(err)
	}
	await(t, "the rename is displaced", func() bool { return len(s.found("action=rename", "result=displaced")) == 1 })
	await(t, "the server has no rule", func() bool {
		return !strings.Contains(gitIn(t, server, "ls-tree", "-r", "--name-only", "main"), ".yaml")
	})
	s.stop()
	if reason := s.found("action=rename")[0].Reason; !strings.Contains(reason, `no rule "one"`) {
		t.Errorf("it is said to be displaced as %q", reason)
	}
	if deleted := s.found("action=delete")[0]; deleted.State == "DISPLACED" {
		t.Errorf("the delete was displaced: %+v", deleted)
	}
}
