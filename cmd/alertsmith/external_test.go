package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// cloneOf returns a working copy of the service's rulebook for others to push from.
func cloneOf(t *testing.T, s *system) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "clone", "-q", filepath.Join(s.dir, "data", rulebookName), dir)
	return dir
}

// commitAs commits files, path → content, as somebody else; it returns the commit.
func commitAs(t *testing.T, clone, name, message string, files map[string]string) string {
	t.Helper()
	for path, content := range files {
		path = filepath.Join(clone, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gitIn(t, clone, "add", ".")
	gitIn(t, clone, "-c", "user.name="+name, "-c", "user.email="+strings.ToLower(name)+"@example.org", "commit", "-q", "-m", message)
	return strings.TrimSpace(gitIn(t, clone, "rev-parse", "HEAD"))
}

// found returns what the command line finds in the journal, the newest first; the service may run meanwhile.
func (s *system) found(filter ...string) (found []rules.JournalObject) {
	s.t.Helper()
	cmd := exec.Command("alertsmith", append([]string{"journal", "--format=json", "--"}, filter...)...)
	cmd.Dir = s.dir
	output, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("journal %q: %v", filter, err)
	}
	for line := range strings.Lines(string(output)) {
		var o rules.JournalObject
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			s.t.Fatal(err)
		}
		found = append(found, o)
	}
	return found
}

func ruleFile(name, expr string) string {
	return fmt.Sprintf("groups: [{name: %[1]s, rules: [{alert: %[1]s, expr: %[2]s}]}]\n", name, expr)
}

// TestPushedCommits has three commits pushed at once: each is in the journal with what it did, of whom, why and how that stands, and without secrets.
func TestPushedCommits(t *testing.T) {
	t.Parallel()
	needRulers(t, "prometheus")
	args, _ := startRuler(t, "prometheus", t.TempDir())
	s := newSystem(t, args...)
	s.start()
	s.must("add a-rule expr='up == 0'")
	clone := cloneOf(t, s)
	edited := func(expr string) map[string]string {
		return map[string]string{"prometheus/ops/a-rule.yaml": ruleFile("a-rule", expr)}
	}
	const secret = "abcd1234secretxyz"
	commitAs(t, clone, "Eve", "first thing, token="+secret+"\n\nBecause of the outage, password: "+secret+"\nand more", edited("up == 1"))
	commitAs(t, clone, "Bob", "second thing", map[string]string{"prometheus/ops/b-rule.yaml": ruleFile("b-rule", "up == 2")})
	commitAs(t, clone, "Zoe", "third thing", edited("up == 3"))
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	await(t, "the push is in the journal", func() bool { return len(s.found("action=external")) == 3 })
	await(t, "it is live", func() bool { return len(s.found("action=external", "result=live")) == 2 })

	type thing struct {
		Who, ID, Command, Why, Ruler, State string
		Rules, Fields                       []string
	}
	thingsOf := func(entries []rules.JournalObject) (things []thing) {
		for _, o := range entries {
			th := thing{Who: o.Actor.Name, ID: o.Actor.ID, Command: o.Command, Why: o.Why, Ruler: o.Ruler, State: o.State}
			for _, r := range o.Rules {
				th.Rules = append(th.Rules, r.Name)
			}
			for _, f := range o.Fields {
				th.Fields = append(th.Fields, fmt.Sprintf("%s %s: %s -> %s", f.Rule, f.Field, f.Was, f.Is))
			}
			if !strings.Contains(o.Diff, "+groups: [{name: "+th.Rules[0]) {
				t.Errorf("the difference of %q is %q", o.Command, o.Diff)
			}
			things = append(things, th)
		}
		return things
	}
	eve := thing{"Eve", "eve@example.org", "first thing, token=***", "Because of the outage, password: ***\nand more", "prometheus", "SUPERSEDED",
		[]string{"a-rule"}, []string{"a-rule expr: up == 0 -> up == 1"}}
	bob := thing{"Bob", "bob@example.org", "second thing", "", "prometheus", "LIVE", []string{"b-rule"}, []string{"b-rule name:  -> b-rule", "b-rule expr:  -> up == 2"}}
	zoe := thing{"Zoe", "zoe@example.org", "third thing", "", "prometheus", "LIVE", []string{"a-rule"}, []string{"a-rule expr: up == 1 -> up == 3"}}
	for filter, want := range map[string][]thing{
		"action=external":    {zoe, bob, eve},
		"by=eve@example.org": {eve},
		"by=Bob":             {bob},
		"the outage":         {eve},
	} {
		if diff := cmp.Diff(want, thingsOf(s.found(filter))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filter, diff)
		}
	}
	if a := s.must("journal action=external rule=b-rule"); !strings.Contains(a.text, "second thing") || strings.Contains(a.text, "third thing") {
		t.Errorf("the chat says: %s", a.text)
	}
	entries, err := json.Marshal(s.recorded())
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]string{"the journal": string(entries), "the log": s.printed()} // Git has it, as Eve wrote it
	for _, command := range []string{"history a-rule", "history by=Eve"} {
		if places[command] = s.must(command).text; !strings.Contains(places[command], "first thing") {
			t.Errorf("%s does not tell the pushed commit's subject: %s", command, places[command])
		}
	}
	for place, text := range places {
		if strings.Contains(text, secret) {
			t.Errorf("%s tells the secret", place)
		}
	}
	s.stop()
}

// TestLargePush holds that a large push does not fill the journal: it has no more than so many entries, of which each has its own rule and waits for the
// ruler, which is away.
func TestLargePush(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	s.must("add first expr='up == 0'")
	clone := cloneOf(t, s)
	var want []string
	commits := bytes.NewBufferString("reset refs/heads/main\nfrom refs/heads/main^0\n")
	for n := range maxExternal + 3 {
		name := fmt.Sprint("rule", n)
		message, content := "edit "+name+"\n", ruleFile(name, "up == 0")
		fmt.Fprintf(commits, "commit refs/heads/main\ncommitter Bob <bob@example.org> now\ndata %d\n%s", len(message), message)
		fmt.Fprintf(commits, "M 100644 inline prometheus/ops/%s.yaml\ndata %d\n%s", name, len(content), content)
		if n >= 3 {
			want = append([]string{"edit " + name + ": " + name + " PENDING"}, want...)
		}
	}
	take := exec.Command("git", "-C", clone, "fast-import", "--quiet", "--date-format=now")
	take.Stdin = commits
	if out, err := take.CombinedOutput(); err != nil {
		t.Fatalf("git fast-import: %v\n%s", err, out)
	}
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	await(t, "the push is told", func() bool { return strings.Contains(s.printed(), "What was pushed is applied") })
	var got []string
	for _, r := range s.recorded() {
		if r.Request.Entry == rules.EntryGit {
			var names []string
			for _, ref := range r.Outcome.Refs {
				names = append(names, ref.Name)
			}
			got = append(got, fmt.Sprintf("%s: %s %s", r.Request.Command, strings.Join(names, ","), r.Outcome.State))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if want := "commits=203 without=3"; !strings.Contains(s.printed(), want) {
		t.Errorf("the log does not say %q", want)
	}
	s.stop()
}

// TestPushesCanBeNotified holds that a rule of notify can ask for what people push, and for what the service deletes by itself.
func TestPushesCanBeNotified(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"external", "expire", "import"} {
		rule := journal.NotifyRule{Name: "pushes", Filter: []string{"action=" + action}, Sinks: []string{"mail"}}
		rule.Check(bot.ActionNames(), func(key, format string, args ...any) { t.Errorf(action+": "+key+": "+format, args...) })
	}
}

// TestPushIsLinted has somebody push what chat refuses and a ruler takes, beside a rule that has nothing wrong: it is applied, and the report and the journal's
// entry of that commit say what lint finds, escaped and once. What stood there before, and was only moved, is not told again.
func TestPushIsLinted(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	s.must("add a-rule expr='up == 0' for=5m")
	clone := cloneOf(t, s)
	loop := func(name string) string {
		return "groups: [{name: " + name + ", rules: [{alert: \"" + name + "\", expr: up == 0, for: 6m, annotations: {summary: '{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}'}}]}]\n"
	}
	commitAs(t, clone, "Eve", "for ever", map[string]string{"prometheus/ops/loop.yaml": loop("lo@all`p")})
	commitAs(t, clone, "Bob", "fine", map[string]string{"prometheus/ops/fine.yaml": "groups: [{name: fine, rules: [{alert: fine, expr: up == 0, for: 7m}]}]\n"})
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	await(t, "the push is in the journal", func() bool { return len(s.found("action=external")) == 2 })
	const said = "- 1 found by lint, in force all the same:\n    - `` lo@all`p ``: Error `template-size`: the template of the annotation summary may write more than"
	checks := map[string][]string{}
	for _, record := range s.recorded() {
		if record.Request.Entry != rules.EntryGit {
			continue
		}
		if !strings.Contains(record.Reply, said) || strings.Count(record.Reply, "template-size") != 1 || !strings.Contains(record.Reply, "would have been refused") {
			t.Errorf("the report says: %s", record.Reply)
		}
		checks[record.Request.Command] = []string{}
		for _, f := range record.Outcome.Findings {
			checks[record.Request.Command] = append(checks[record.Request.Command], string(f.Severity)+" "+f.Check+" "+f.Ref.Name)
		}
	}
	if diff := cmp.Diff(map[string][]string{"for ever": {"error template-size lo@all`p"}, "fine": {}}, checks); diff != "" {
		t.Errorf("findings of the entries (-want +got):\n%s", diff)
	}
	if files := gitIn(t, clone, "ls-tree", "-r", "--name-only", "HEAD"); !strings.Contains(s.must("list").text, "fine") {
		t.Errorf("not applied: %s", files)
	}
	gitIn(t, clone, "mv", "prometheus/ops/loop.yaml", "prometheus/ops/moved.yaml")
	commitAs(t, clone, "Eve", "elsewhere", nil)
	gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
	await(t, "the move is in the journal", func() bool { return len(s.found("action=external")) == 3 })
	if record := s.ended("elsewhere"); strings.Contains(record.Reply, "lint") || len(record.Outcome.Findings) != 0 {
		t.Errorf("of a move is told %s, %+v", record.Reply, record.Outcome.Findings)
	}
	s.stop()
}
