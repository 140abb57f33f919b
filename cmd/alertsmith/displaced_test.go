package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// newAway returns a service whose rulebook is on a Git server, which has the rules that were added, with a clone of somebody else. goAway takes the
// server away from the service; pushBack pushes what the clone has, and brings it back.
func newAway(t *testing.T, adds ...string) (s *system, server, clone string, goAway, pushBack func()) {
	t.Helper()
	server = filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	s = newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.configured(fmt.Sprintf("git: {remote: %q, fetch_interval: 1s}\n", server))
	s.start()
	for _, add := range adds {
		s.must(add)
	}
	await(t, "the server has all rules", func() bool {
		return strings.Contains(gitIn(t, server, "branch"), "main") && strings.Count(gitIn(t, server, "ls-tree", "-r", "--name-only", "main"), ".yaml") == len(adds)
	})
	clone = filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "clone", "-q", server, clone)
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	return s, server, clone, func() { move(server, away(server)) }, func() {
		gitIn(t, clone, "push", "-q", away(server), "HEAD:main")
		move(away(server), server)
	}
}

// TestDisplacedChangeKeepsWhatItDid has a change meet somebody else's, which leaves no room for it: the journal still says what it did to which field.
func TestDisplacedChangeKeepsWhatItDid(t *testing.T) {
	t.Parallel()
	s, _, clone, goAway, pushBack := newAway(t, "add one expr='up == 0'")
	goAway()
	s.must(`edit one expr='up == 1' reason="for the night"`)
	before := s.found("action=edit")[0]
	if before.Diff == "" || len(before.Fields) != 1 {
		t.Fatalf("the journal says of the edit: %+v", before)
	}
	gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
	commitAs(t, clone, "Bob", "away with it", nil)
	bobs := strings.TrimSpace(gitIn(t, clone, "rev-parse", "--short=7", "HEAD"))
	pushBack()
	await(t, "the change is displaced", func() bool { return len(s.found("action=edit", "result=displaced")) == 1 })
	await(t, "what it met is in the journal", func() bool { return len(s.found("action=external")) > 0 })
	text := s.must("status").text
	for _, want := range []string{"In the way: " + bobs + " by Bob.", "\nTo do it again on top of that: `/alert edit one expr='up == 1' reason=\"for the night\"`"} {
		if !strings.Contains(text, want) {
			t.Errorf("the next answer lacks %q: %s", want, text)
		}
	}
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
	s, server, clone, goAway, pushBack := newAway(t, "add one expr='up == 0'", "add two expr='up == 2'")
	goAway()
	s.must("delete two")
	s.must("rename one three")
	if err := os.Mkdir(filepath.Join(clone, "prometheus/y"), 0o750); err != nil {
		t.Fatal(err)
	}
	gitIn(t, clone, "mv", "prometheus/ops/two.yaml", "prometheus/y/two.yaml")
	gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
	commitAs(t, clone, "Bob", "one is away, two is elsewhere", nil)
	pushBack()
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

// TestWhatWasTakenBackStaysSo has somebody else change rules while the service changes them, takes that back, and cannot push: what they changed holds,
// and the rules are where they were.
func TestWhatWasTakenBackStaysSo(t *testing.T) {
	t.Parallel()
	commands := map[string][]string{
		"deleted": {"delete deleted", "undo"}, "renamed": {"rename renamed other", "undo"}, "moved": {"move moved group=elsewhere", "undo"},
		"paused": {"pause paused", "undo"}, "resumed": {"pause resumed", "resume resumed"}, "edited": {"edit edited for=5m", "undo"},
	}
	var adds []string
	for name := range commands {
		adds = append(adds, "add "+name+" expr='up == 7'")
	}
	s, server, clone, goAway, pushBack := newAway(t, adds...)
	listed := func() string { return gitIn(t, server, "ls-tree", "-r", "--name-only", "main", "prometheus", "paused") }
	before := listed()
	goAway()
	for name, both := range commands {
		for _, command := range both {
			s.must(command)
		}
		file := filepath.Join(clone, "prometheus", "ops", name+".yaml")
		content, err := os.ReadFile(file)
		if err == nil {
			err = os.WriteFile(file, []byte(strings.Replace(string(content), "up == 7", "up == 9", 1)), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	commitAs(t, clone, "Bob", "nine", nil)
	pushBack()
	await(t, "the server has what was planned again", func() bool {
		return strings.Count(gitIn(t, server, "log", "--format=%s", "main"), "\n") == len(commands)*3+1
	})
	s.stop()
	if diff := cmp.Diff(before, listed()); diff != "" {
		t.Errorf("the rules that there are (-before +after):\n%s", diff)
	}
	for name := range commands {
		if content := gitIn(t, server, "show", "main:prometheus/ops/"+name+".yaml"); !strings.Contains(content, "alert: "+name+"\n") || !strings.Contains(content, "up == 9") || strings.Contains(content, "for:") {
			t.Errorf("%s is by now:\n%s", name, content)
		}
	}
	if found := s.found("result=displaced"); len(found) != 0 {
		t.Errorf("displaced: %+v", found)
	}
}

// TestChangePlannedAgainOnAHeldPush has a change planned again on top of a push that is held and that changed another rule of its file: the push's report and entry
// say so, and so does whoever gave the command hear it.
func TestChangePlannedAgainOnAHeldPush(t *testing.T) {
	t.Parallel()
	s, _, clone, goAway, pushBack := newAway(t, "add one expr='up == 0'")
	s.must("add two expr='up == 0' group=one")
	await(t, "the server has both", func() bool {
		gitIn(t, clone, "pull", "-q")
		content, err := os.ReadFile(filepath.Join(clone, "prometheus/ops/one.yaml"))
		return err == nil && strings.Contains(string(content), "alert: two")
	})
	goAway()
	s.must("edit one expr='up == 5'")
	request := s.found("action=edit")[0].Request
	file := filepath.Join(clone, "prometheus/ops/one.yaml")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(content), "alert: two")
	commitAs(t, clone, "Bob", "half bad", map[string]string{"prometheus/ops/one.yaml": before + "alert: two" + strings.Replace(after, "up == 0", "up == 7", 1), "prometheus/ops/bad.yaml": "groups: ["})
	pushBack()
	await(t, "the push is in the journal", func() bool { return len(s.found("action=external")) == 1 })
	said := "took in force as pushed: **two**"
	await(t, "it is told", func() bool {
		return strings.Contains(s.recorded()[0].Reply, said) && strings.Contains(s.recorded()[0].Reply, request)
	})
	await(t, "whoever gave the command hears of it", func() bool {
		a := s.must("status")
		return strings.Contains(a.text, "Somebody else's push came before your command `edit one expr='up == 5'`") && strings.Contains(a.text, "With it, 1 change of what Bob pushed")
	})
	if a := s.must("status"); strings.Contains(a.text, "With it") {
		t.Errorf("and once more: %s", a.text)
	}
	s.stop()
}

// TestWhoHearsOfADisplacedChange has a change displaced before and after its command ended: who gave it hears so once, by the answer or with the next command.
func TestWhoHearsOfADisplacedChange(t *testing.T) {
	t.Parallel()
	displaced := rules.Outcome{Result: rules.Success, Action: "edit", Ruler: "prometheus", Revision: "r1", State: rules.Displaced, Undone: "u1", Reason: "Later changes touched it"}
	for name, tt := range map[string]struct {
		saw    rules.State // what the answer said of the change
		before bool        // the journal heard that it was displaced before the command ended
		later  int         // how often its author hears it with later commands
	}{
		"the answer says another, before": {rules.Superseded, true, 1}, "the answer says another, after": {rules.Superseded, false, 1},
		"the answer says so, before": {rules.Displaced, true, 0}, "the answer says so, after": {rules.Displaced, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &service{journal: openJournal(t), logger: slog.New(slog.DiscardHandler)}
			f := &follower{journal: s.journal, missed: &s.missed, logger: s.logger}
			request := rules.Request{ID: strings.Repeat("a", 26), Time: time.Now(), Entry: rules.EntryCLI, Actor: rules.Person{ID: "terminal-ann", Name: "ann"}, Command: "edit q for=2m"}
			if _, err := s.journal.Receive(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			settle := func() {
				f.settled(t.Context(), rules.Waiting{Request: rules.Request{ID: request.ID}, Outcome: displaced})
			}
			if tt.before {
				settle()
				if told := s.missedBy(t.Context(), "terminal-ann"); len(told) != 0 {
					t.Errorf("before the command's own answer its author is told %+v", told)
				}
			}
			out := displaced
			out.State, out.Diff = tt.saw, "-a\n+b\n"
			if out.State != rules.Displaced {
				out.Undone, out.Reason = "", "overtaken"
			}
			if err := s.journal.Finish(t.Context(), rules.Record{Request: request, Action: "edit", Outcome: out, Done: time.Now()}); err != nil {
				t.Fatal(err)
			}
			if !tt.before {
				settle()
			}
			record, err := s.journal.Record(t.Context(), request.ID)
			if o := record.Outcome; err != nil || o.State != rules.Displaced || o.Undone != "u1" || o.Reason != displaced.Reason || o.Diff == "" {
				t.Errorf("the journal says %+v, %v", o, err)
			}
			if told := s.missedBy(t.Context(), "terminal-ann"); len(told) != tt.later || len(told) == 1 && told[0].Outcome.State != rules.Displaced {
				t.Errorf("with later commands its author is told %+v", told)
			}
			if kept, err := s.journal.Missed(t.Context(), request.Time.Add(-time.Hour)); err != nil || len(kept) != tt.later {
				t.Errorf("after a restart its author would be told %+v, %v", kept, err)
			}
		})
	}
}
