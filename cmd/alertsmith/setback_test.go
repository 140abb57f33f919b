package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// away is where a Git server's repository is while it is taken away.
func away(server string) string { return server + ".away" }

// hidden takes the Git server away until the returned function is called.
func (e *elsewhere) hidden() (back func()) {
	e.t.Helper()
	if err := os.Rename(e.server, away(e.server)); err != nil {
		e.t.Fatal(err)
	}
	return func() {
		if err := os.Rename(away(e.server), e.server); err != nil {
			e.t.Error(err)
		}
	}
}

// TestBranchSetBackByHand has somebody set the branch back in the rulebook's repository while the service does not run, where the Git server cannot be reached
// either: what that had stays in force all along. What it did not have yet is told to be gone, with a line that brings it back.
func TestBranchSetBackByHand(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	awaitRules(t, e.prometheus, []string{"one", "two"})
	appear := e.hidden()
	e.must("add three expr='up == 3'")
	was := strings.TrimSpace(e.git("rev-parse", "main"))
	e.stop()
	published := e.published("two")
	e.git("update-ref", "refs/heads/main", "main~2")
	e.start()
	awaitRules(t, e.prometheus, []string{"one", "two"})
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	entry := e.assertEntry(rules.Live, "three")
	for _, want := range []string{"`" + was[:7] + "` is not part of it", "`" + was[:7] + "` by tester: add three", "**three** in prometheus: gone.",
		"`/alert restore three@" + was[:12] + "`"} {
		if !strings.Contains(entry.Reply, want) {
			t.Errorf("the report does not say %q:\n%s", want, entry.Reply)
		}
	}
	if now := e.published("two"); !os.SameFile(published, now) || !published.ModTime().Equal(now.ModTime()) {
		t.Error("a rule that the Git server has went out and came in again")
	}
	appear()
	e.must("add four expr='up == 4'")
	await(t, "the server has it", func() bool { return len(e.served()) == 3 })
	e.assertEntry(rules.Live, "three")
	e.stop()
	e.git("gc", "-q", "--prune=now")
	e.start()
	if a := e.must("show three@" + was[:7]); !strings.Contains(a.text, "up == 3") || !strings.Contains(a.text, "does not have any more") || !strings.Contains(a.text, "restore three@") {
		t.Errorf("shown as it was: %s", a.text)
	}
	e.must("restore three@" + was[:12])
	awaitRules(t, e.prometheus, []string{"four", "one", "three", "two"})
	// What never was on the branch is not to be read.
	stray := strings.TrimSpace(e.git("-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit-tree", "-m", "stray", "main^{tree}"))
	for _, command := range []string{"show three@" + stray, "restore three@" + stray, "undo " + was} {
		if a, err := e.command(command); err != nil || a.result == rules.Success || !strings.Contains(a.text, "has no commit") {
			t.Errorf("%s: %+v, %v", command, a, err)
		}
	}
	e.stop()
}

// TestBranchSetBackByHandWithACommit has somebody set the branch back in the rulebook's repository while the service does not run, where the Git server cannot be
// reached either, and commit there: what that had stays in force all along, and what was committed comes in.
func TestBranchSetBackByHandWithACommit(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	awaitRules(t, e.prometheus, []string{"one", "two"})
	e.hidden()
	e.stop()
	published := e.published("two")
	here := filepath.Join(t.TempDir(), "here")
	gitIn(t, ".", "clone", "-q", filepath.Join(e.dir, "data", rulebookName), here)
	gitIn(t, here, "reset", "-q", "--hard", "main~1")
	commitAs(t, here, "Bob", "by hand", map[string]string{"prometheus/ops/three.yaml": ruleFile("three", "up == 3")})
	gitIn(t, here, "push", "-q", "--force", "origin", "HEAD:main")
	e.start()
	awaitRules(t, e.prometheus, []string{"one", "three", "two"})
	if now := e.published("two"); !os.SameFile(published, now) || !published.ModTime().Equal(now.ModTime()) {
		t.Error("a rule that the Git server has went out and came in again")
	}
	e.stop()
}

// published returns the file that the Prometheus reads of a rule that was added.
func (e *elsewhere) published(name string) os.FileInfo {
	e.t.Helper()
	dir := strings.TrimPrefix(e.args[slices.IndexFunc(e.args, func(arg string) bool { return strings.HasPrefix(arg, "--prometheus.rules-dir=") })], "--prometheus.rules-dir=")
	info, err := os.Stat(filepath.Join(dir, "ops."+name+".yaml"))
	if err != nil {
		e.t.Fatal(err)
	}
	return info
}

// TestCommitsByHandThatArePlannedAgain has somebody commit in the rulebook's repository what does not fit on top of what the Git server has by then, and what is done
// there already: the branch was not put elsewhere by that.
func TestCommitsByHandThatArePlannedAgain(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	appear := e.hidden()
	here := filepath.Join(t.TempDir(), "here")
	gitIn(t, ".", "clone", "-q", filepath.Join(e.dir, "data", rulebookName), here)
	commitAs(t, here, "Bob", "done there", map[string]string{"prometheus/ops/same.yaml": ruleFile("same", "up == 3")})
	oneIs := func(expr string) string {
		return "groups:\n  - name: one\n    rules:\n      - alert: one\n        expr: " + expr + "\n"
	}
	left := commitAs(t, here, "Bob", "does not fit", map[string]string{"prometheus/ops/one.yaml": oneIs("up == 1")})
	gitIn(t, here, "push", "-q", "origin", "HEAD:main")
	await(t, "it is applied", func() bool { return strings.Contains(e.printed(), `msg="What was pushed is applied"`) })
	newest := commitAs(t, e.clone, "Eve", "all", map[string]string{
		"prometheus/ops/same.yaml": ruleFile("same", "up == 3"), "prometheus/ops/one.yaml": oneIs("up == 2"),
	})
	gitIn(t, e.clone, "push", "-q", away(e.server), "HEAD:main") // before the service reaches the server, or it would be first
	appear()
	await(t, "it is applied", func() bool { return strings.Contains(e.printed(), "newest="+newest) })
	if !strings.Contains(e.printed(), "refused=\"\" commit="+left) {
		t.Error("nobody is told of what does not fit")
	}
	if entries := e.entries(); len(entries) > 0 {
		t.Errorf("told that the branch was put elsewhere: %+v", entries)
	}
	e.must("restore one@" + left[:12])
	if a := e.must("show one"); !strings.Contains(a.text, "up == 1") {
		t.Errorf("what was left out is put back as: %s", a.text)
	}
	e.stop()
}

// TestBranchSetBackToWhatIsHeld has the Git server's branch set back twice to a push that is held, from what commands changed meanwhile: each time has an entry of
// its own, and when that push is mended after a restart the entries say that nothing is held any more.
func TestBranchSetBackToWhatIsHeld(t *testing.T) {
	t.Parallel()
	e := newElsewhere(t)
	bad := commitAs(t, e.clone, "Eve", "bad", map[string]string{"prometheus/ops/bad.yaml": "groups: ["})
	gitIn(t, e.clone, "push", "-q", "origin", "HEAD:main")
	await(t, "it is held", func() bool { return len(e.found("action=external", "by=Eve")) == 1 })
	e.must("add three expr='up == 3'")
	await(t, "the server has it", func() bool { return len(e.served()) == 4 })
	was := e.served()[0]
	gitIn(t, e.clone, "fetch", "-q")
	e.accept(bad)
	await(t, "it is in the journal", func() bool { return len(e.entries()) == 1 })
	e.assertEntry("")
	awaitRules(t, e.prometheus, []string{"one", "two"})
	gitIn(t, e.clone, "push", "-q", "origin", was+":main")
	awaitRules(t, e.prometheus, []string{"one", "three", "two"})
	e.stop()
	e.configure("") // what is accepted is accepted once
	e.start()
	e.accept(bad)
	await(t, "it is in the journal once more", func() bool { return len(e.entries()) == 2 })
	e.stop()
	e.configure("")
	e.start()
	commitAs(t, e.clone, "Eve", "mended", map[string]string{"prometheus/ops/bad.yaml": ruleFile("good", "up == 4")})
	gitIn(t, e.clone, "push", "-q", "origin", "HEAD:main")
	awaitRules(t, e.prometheus, []string{"good", "one", "two"})
	await(t, "the journal says so", func() bool { return len(e.found("action=external", "by=Eve", "result=success")) == 2 })
	await(t, "no entry says that it is held", func() bool { // what was put elsewhere is written down behind what was pushed
		return !slices.ContainsFunc(e.entries(), func(entry rules.Record) bool { return entry.Outcome.Result != rules.Success })
	})
	e.stop()
}
