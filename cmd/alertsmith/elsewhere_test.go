package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// elsewhere is a service with a Prometheus whose Git server's branch is put elsewhere.
type elsewhere struct {
	*system
	t                         *testing.T
	server, clone, prometheus string
}

func newElsewhere(t *testing.T) *elsewhere {
	t.Helper()
	needRulers(t, "prometheus")
	args, prometheus := startRuler(t, "prometheus", t.TempDir())
	e := &elsewhere{newSystem(t, args...), t, filepath.Join(t.TempDir(), "server.git"), filepath.Join(t.TempDir(), "clone"), prometheus}
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", e.server)
	e.configure("")
	e.start()
	e.must("add one expr='up == 0'")
	e.must("add two expr='up == 0'")
	await(t, "the server has both rules", func() bool { return len(e.served()) == 2 })
	gitIn(t, ".", "clone", "-q", e.server, e.clone)
	return e
}

func (e *elsewhere) configure(accept string) {
	e.configured(fmt.Sprintf("git: {remote: %q, fetch_interval: 1s, accept_rewritten: %q}\nlive: {poll_interval: 100ms}\n", e.server, accept))
}

// served returns the commits of the server, none while it has none.
func (e *elsewhere) served() []string {
	return strings.Fields(gitIn(e.t, e.server, "rev-list", "--all"))
}

// accept puts the server's branch on a commit of the clone, and has that accepted by a restart.
func (e *elsewhere) accept(commit string) {
	e.t.Helper()
	before := len(e.printed())
	gitIn(e.t, e.clone, "push", "-q", "-f", "origin", commit+":main")
	await(e.t, "it is noticed", func() bool { return strings.Contains(e.printed()[before:], "now="+commit) })
	e.stop()
	e.configure(commit)
	e.start()
}

// entries returns what the journal says of branches that were put elsewhere.
func (e *elsewhere) entries() (entries []rules.Record) {
	for _, r := range e.recorded() {
		if r.Request.Actor.ID == committer.ID && r.Action == rules.ExternalAction {
			entries = append(entries, r)
		}
	}
	return entries
}

func (e *elsewhere) assertEntry(state rules.State, names ...string) rules.Record {
	e.t.Helper()
	entries := e.entries()
	if len(entries) != 1 {
		e.t.Fatalf("%d entries, want one: %+v", len(entries), entries)
	}
	var got []string
	for _, ref := range entries[0].Outcome.Refs {
		got = append(got, ref.Name)
	}
	if diff := cmp.Diff(names, got); diff != "" || entries[0].Outcome.State != state {
		e.t.Errorf("the entry is %+v, rules (-want +got):\n%s", entries[0], diff)
	}
	return entries[0]
}

// TestBranchSetBack has the Git server's branch set back to before a rule was added, and that accepted: the channel and the journal are told, once.
func TestBranchSetBack(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	was, back := e.served()[0], e.served()[1]
	e.accept(back)
	awaitRules(t, e.prometheus, []string{"one"})
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	entry := e.assertEntry(rules.Live, "two")
	for _, want := range []string{"it is at `" + back[:7] + "` now, and `" + was[:7] + "` is not part of it", "`" + was[:7] + "` by tester: add two", "**two** in prometheus: gone."} {
		if !strings.Contains(entry.Reply, want) {
			t.Errorf("the report does not say %q:\n%s", want, entry.Reply)
		}
	}
	_, line, _ := strings.Cut(entry.Reply, "`git update-ref -d ")
	ref, _, _ := strings.Cut(line, "`")
	if got := strings.TrimSpace(e.git("rev-parse", ref)); got != was || !strings.HasPrefix(ref, "refs/alertsmith/kept/") {
		t.Errorf("the report does not name the ref that keeps %s, but %q, which is at %s:\n%s", was, ref, got, entry.Reply)
	}
	if entry.Outcome.Revision != back || !strings.Contains(entry.Outcome.Why, was) || !strings.Contains(entry.Outcome.Diff, "-      - alert: two\n") {
		t.Errorf("the entry does not say from where to where: %+v", entry)
	}
	for _, command := range []string{"journal rule=two", "journal action=external", "journal " + entry.Request.ID} {
		if a := e.must(command); !strings.Contains(a.text, "put elsewhere") {
			t.Errorf("%s: %s", command, a.text)
		}
	}
	if a, err := e.command("history two"); err != nil || !strings.Contains(a.text, "/alert journal rule=two") {
		t.Errorf("the history of what went: %+v, %v", a, err)
	}
	for range 2 { // and not once more
		e.stop()
		e.start()
		e.must("status")
	}
	e.assertEntry(rules.Live, "two")
	e.stop()
}

// TestBranchPutToAndFro has the branch put elsewhere in the rulebook's repository itself, and back, and there once more: each time is told, with the rules of
// our commits that come back.
func TestBranchPutToAndFro(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	args, prometheus := startRuler(t, "prometheus", t.TempDir())
	e := &elsewhere{system: newSystem(t, args...), t: t}
	e.start()
	e.must("add one expr='up == 0'")
	back := strings.TrimSpace(e.git("rev-parse", "main"))
	e.must("add two expr='up == 0'")
	was := strings.TrimSpace(e.git("rev-parse", "main"))
	put := func(commit string, times int, says string, live ...string) {
		t.Helper()
		e.git("update-ref", "refs/heads/main", commit)
		awaitRules(t, prometheus, live)
		await(t, "it is in the journal", func() bool { return len(e.entries()) == times })
		if reply := e.entries()[0].Reply; !strings.Contains(reply, says) {
			t.Errorf("the report does not say %q:\n%s", says, reply)
		}
	}
	put(back, 1, "**two** in prometheus: gone.", "one")
	e.must("add three expr='up == 0'")
	put(was, 2, "**two** in prometheus: added, live.", "one", "two")
	put(back, 3, "**two** in prometheus: gone.", "one")
	e.stop()
}

// TestBranchRewrittenBadly has the branch put on a history that would not be taken and never had a rule that is live: that is said, and once it is mended
// that the rule is gone. A command between changes nothing of that.
func TestBranchRewrittenBadly(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	gitIn(t, e.clone, "checkout", "-q", "--orphan", "anew")
	gitIn(t, e.clone, "rm", "-q", "-r", "-f", "prometheus/ops/two.yaml")
	bad := commitAs(t, e.clone, "Eve", "all anew", map[string]string{"prometheus/ops/bad.yaml": "groups: ["})
	e.accept(bad)
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	entry := e.assertEntry("", "two")
	if want := "**two** is live and not in the rulebook any more: it goes when that is mended"; !strings.Contains(entry.Reply, want) || entry.Outcome.Result != rules.ValidationError {
		t.Errorf("the report does not say %q: %+v", want, entry)
	}
	e.must("add three expr='up == 3'")
	awaitRules(t, e.prometheus, []string{"one", "three", "two"})
	e.stop()
	e.configure("")
	e.start()
	await(t, "the server has the command's change", func() bool { return strings.Contains(gitIn(t, e.server, "log", "--format=%s", "main"), "add three") })
	gitIn(t, e.clone, "pull", "-q", "origin", "main")
	commitAs(t, e.clone, "Eve", "mended", map[string]string{"prometheus/ops/bad.yaml": ruleFile("good", "up == 4")})
	gitIn(t, e.clone, "push", "-q", "origin", "HEAD:main")
	awaitRules(t, e.prometheus, []string{"good", "one", "three"})
	await(t, "the journal says so", func() bool { return e.entries()[0].Outcome.State == rules.Live })
	entry = e.assertEntry(rules.Live, "good", "two")
	for _, want := range []string{"**two** in prometheus: gone.", "**good** in prometheus: added, live."} {
		if !strings.Contains(entry.Reply, want) || strings.Contains(entry.Reply, "three") {
			t.Errorf("the report does not say %q, or more:\n%s", want, entry.Reply)
		}
	}
	e.stop()
}

// TestBranchSetBackFromWhatWasHeld has a bad push taken off the branch by force: it is told that nothing is held any more.
func TestBranchSetBackFromWhatWasHeld(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	good := e.served()[0]
	bad := commitAs(t, e.clone, "Eve", "bad", map[string]string{"prometheus/ops/bad.yaml": "groups: ["})
	gitIn(t, e.clone, "push", "-q", "origin", "HEAD:main")
	await(t, "it is held", func() bool { return len(e.found("action=external", "by=Eve")) == 1 })
	e.accept(good)
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	entry := e.assertEntry("")
	if want := "`" + bad[:7] + "` is not part of it. Nothing is held any more."; !strings.Contains(entry.Reply, want) {
		t.Errorf("the report does not say %q:\n%s", want, entry.Reply)
	}
	if a := e.must("status"); strings.Contains(a.text, "Not applied") {
		t.Errorf("the status: %s", a.text)
	}
	e.stop()
}

// TestLostRulebookWithALink has the rulebook lost, and cloned from a history that was made anew with a link in place of a directory of rule files: what is live
// from there stays so, all else is as it is there now, and both the channel and the journal are told.
func TestLostRulebookWithALink(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	e.must("add three expr='up == 0' namespace=web")
	await(t, "the server has it", func() bool { return len(e.served()) == 3 })
	awaitRules(t, e.prometheus, []string{"one", "three", "two"})
	e.stop()
	gitIn(t, e.clone, "pull", "-q")
	gitIn(t, e.clone, "checkout", "-q", "--orphan", "anew")
	gitIn(t, e.clone, "rm", "-q", "-r", "-f", "prometheus/ops/two.yaml")
	gitIn(t, e.clone, "mv", "prometheus/web", "web")
	if err := os.Symlink("../web", filepath.Join(e.clone, "prometheus", "web")); err != nil {
		t.Fatal(err)
	}
	commitAs(t, e.clone, "Eve", "all anew", map[string]string{"prometheus/ops/four.yaml": ruleFile("four", "up == 4")})
	gitIn(t, e.clone, "push", "-q", "-f", "origin", "HEAD:main")
	if err := os.RemoveAll(filepath.Join(e.dir, "data", rulebookName)); err != nil {
		t.Fatal(err)
	}
	e.start()
	awaitRules(t, e.prometheus, []string{"four", "one", "three"})
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	if entry := e.assertEntry(""); !strings.Contains(entry.Reply, "Nobody has that commit any more") {
		t.Errorf("the report: %s", entry.Reply)
	}
	e.must("add five expr='up == 5'") // and so it is with the next change
	awaitRules(t, e.prometheus, []string{"five", "four", "one", "three"})
	e.stop()
}
