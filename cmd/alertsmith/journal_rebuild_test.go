package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// told is what Git has of a change, so that a journal that was lost and one that was rebuilt must agree on it.
type told struct {
	Key, Actor, ActorID, Channel, ChannelID, Entry, Command, Why, Action, Ruler, Revision, Diff string
	Second                                                                                      int64
	Refs                                                                                        []rules.Ref
	Fields                                                                                      []rules.FieldChange
	Templates                                                                                   []rules.TemplateUse
	Findings                                                                                    []string
	Accepted                                                                                    []rules.Acceptance
}

// toldOf returns what Git has of the changes among records, by their requests.
func toldOf(records []rules.Record) map[string]told {
	all := map[string]told{}
	for _, r := range records {
		q, o := r.Request, r.Outcome
		if o.Revision == "" {
			continue
		}
		c := told{
			q.Key, q.Actor.Name, q.Actor.ID, q.Channel.Name, q.Channel.ID, q.Entry, q.Command, o.Why, r.Action, o.Ruler, o.Revision, o.Diff,
			q.Time.Unix(), o.Refs, o.Fields, o.Templates, nil, o.Accepted,
		}
		if q.Entry == "git" { // when it was noticed is not in Git, nor which ruler was looked at first
			c.Second, c.Ruler = 0, ""
		}
		for _, f := range o.Findings {
			if !strings.HasPrefix(f.Check, "online-") { // what the ruler has is not in Git
				c.Findings = append(c.Findings, fmt.Sprint(f.Severity, f.Check, f.Ref.Name, f.Text))
			}
		}
		slices.SortFunc(c.Refs, func(a, b rules.Ref) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		slices.SortFunc(c.Fields, func(a, b rules.FieldChange) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		all[q.ID] = c
	}
	return all
}

// TestRebuild has people do this and that at random, loses the journal, has it rebuilt and compares.
func TestRebuild(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir(), "--loki.url=http://127.0.0.1:1", "--loki.rules-dir="+filepath.Join(t.TempDir(), "fake"))
	s.start()
	random := rand.New(rand.NewPCG(7, 8)) // the same each time
	name := func() string { return fmt.Sprint("rule", random.IntN(6)) }
	for i := range 60 {
		command := []string{
			"add " + name() + fmt.Sprintf(" expr='up == %d' severity=critical", i),
			"add " + name() + " job=sshd 'Ban' 5m reason=\"障害対応\nsecond line\"",
			"edit " + name() + fmt.Sprintf(" for=%dm reason='too noisy'", 1+i), "delete " + name(), "rename " + name() + " " + name(),
			"copy " + name() + " " + name(), "move " + name() + " group=other", "pause " + name(), "resume " + name(), "undo", "list",
			"add " + name() + " expr='rate(up[5m])'", "edit " + name() + " accept=promql-comparison reason='it is meant'",
		}[random.IntN(13)]
		if _, err := s.command(command); err != nil {
			t.Fatal(err)
		}
	}
	clone := filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "clone", "-q", filepath.Join(s.dir, "data", rulebookName), clone)
	if err := os.WriteFile(filepath.Join(clone, "prometheus", "pushed.yaml"), []byte("groups: [{name: p, rules: [{alert: Pushed, expr: up == 0}]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	gitIn(t, clone, "add", ".")
	gitIn(t, clone, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit", "-q", "-m", "by hand")
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	pushed := "git" + strings.TrimSpace(gitIn(t, clone, "rev-parse", "HEAD"))[:23]
	await(t, "the push is in the journal", func() bool { _, there := toldOf(s.recorded())[pushed]; return there })
	s.stop()
	before := s.recorded()

	rebuild := func() string {
		t.Helper()
		cmd := exec.Command("alertsmith", "journal", "rebuild")
		cmd.Dir = s.dir
		output, err := cmd.CombinedOutput()
		return fmt.Sprint(string(output), err)
	}
	if said := rebuild(); !strings.Contains(said, "changes already, so nothing was rebuilt") || !strings.Contains(said, "exit status 1") {
		t.Errorf("with the journal there: %s", said)
	}
	lost, err := filepath.Glob(filepath.Join(s.dir, "data", "journal*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range lost {
		if err := os.Rename(file, file+".lost"); err != nil {
			t.Fatal(err)
		}
	}
	commits := len(s.subjects())
	for _, want := range []int{commits, 0} {
		if said := rebuild(); !strings.Contains(said, fmt.Sprintf("%d changes were rebuilt from %d commits.", want, commits)) {
			t.Errorf("rebuilt: %s, want %d", said, want)
		}
	}
	if diff := cmp.Diff(toldOf(before), toldOf(s.recorded())); diff != "" {
		t.Errorf("what Git has (-lost +rebuilt):\n%s", diff)
	}
	if commits < 20 {
		t.Errorf("only %d commits: nothing was shown", commits)
	}
	cmd := exec.Command("alertsmith", "journal", "verify")
	cmd.Dir = s.dir
	if output, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(output), "is as it was written") {
		t.Errorf("verify: %v\n%s", err, output)
	}
	s.start() // and it is no obstacle to the service
	s.must("list")
	s.stop()
}
