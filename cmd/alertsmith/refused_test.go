package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

// refuses is a hook of a Git server that takes no push with a commit that the test, a command of sh, has something against: it is $c.
func refuses(test string) string {
	return `while read old new ref; do
	test "$old" = 0000000000000000000000000000000000000000 && range=$new || range=$old..$new
	for c in $(git rev-list --reverse $range); do
		if ` + test + `; then echo "we do not take $c here: see the handbook" >&2; exit 1; fi
	done
done`
}

// TestRefusedForGood has a server refuse one commit for good. The status, the metric and the log say which, in the hook's words, and by which line to copy it is
// given up; after that the others are pushed without it, whoever gave it is told, and nothing else is lost or done twice.
func TestRefusedForGood(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, against, add string }{
		{"message", `git log -1 --format=%s $c | grep -q '^add bad$'`, "add bad expr='up == 66'"},
		{"content", `git show -U0 $c | grep -q 'up == 66'`, "add bad expr='up == 66'"},
		{"path", `git show --format= --name-only $c | grep -q bad.yaml`, "add bad expr='up == 66'"},
		{"size", `test $(git show -U0 $c | wc -c) -gt 20000`, "add bad expr='up == 66' description='" + strings.Repeat("a long text ", 600) + "'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, server, _, _, _ := newAway(t, "add one expr='up == 1'")
			remotetest.Hook(t, server, "pre-receive", refuses(test.against))
			s.must(test.add)
			s.must("add two expr='up == 2'")
			s.must("edit one expr='up == 11'")
			added := s.found("action=add", "name=bad")[0]
			line := "/alert undo " + added.Request
			await(t, "the status says what is refused", func() bool { return strings.Contains(s.must("status").text, line) })
			status := s.must("status").text
			for _, want := range []string{"see the handbook", "2 commits behind it", "add bad", added.Revision[:7]} {
				if !strings.Contains(status, want) {
					t.Errorf("the status does not say %q:\n%s", want, status)
				}
			}
			if metrics := s.get("/metrics"); !strings.Contains(metrics, "\nalertsmith_git_push_refused 1\n") {
				t.Error("no metric says that a commit is refused")
			}
			s.must("undo " + added.Request)
			await(t, "all others are pushed", func() bool {
				return strings.Contains(gitIn(t, server, "log", "--format=%s", "main"), "undo ") && strings.Contains(s.must("status").text, "it has every commit")
			})
			await(t, "the journal says that the change is displaced", func() bool { return len(s.found("result=displaced")) == 1 })
			if status := s.must("status").text; !strings.Contains(status, "undo bad") {
				t.Errorf("the undo waits as:\n%s", status)
			}
			s.stop()
			s.start() // which looks up what waits
			await(t, "the waiting are taken up", func() bool { return strings.Contains(s.must("status").text, "undo ") })
			s.stop()
			if state := s.found("action=undo")[0].State; state != "PENDING" {
				t.Errorf("after a restart the undo is %s", state)
			}
			displaced := s.found("result=displaced")[0]
			if displaced.Request != added.Request || !strings.Contains(displaced.Reason, "the Git server refuses it") || displaced.Undone == "" || displaced.Actor.Name != added.Actor.Name {
				t.Errorf("the journal says of the change: %+v", displaced)
			}
			if got := gitIn(t, server, "ls-tree", "-r", "--name-only", "main", "prometheus"); got != "prometheus/ops/one.yaml\nprometheus/ops/two.yaml\n" {
				t.Errorf("the server has:\n%s", got)
			}
			if got := gitIn(t, server, "show", "main:prometheus/ops/one.yaml"); !strings.Contains(got, "up == 11") {
				t.Errorf("what came after it is not there:\n%s", got)
			}
			log := gitIn(t, server, "log", "--format=%B", "main")
			for _, r := range append(s.found("action=add"), append(s.found("action=edit"), s.found("action=undo")...)...) {
				if n := strings.Count(log, "Request-Id: "+r.Request+"\n"); n != 1 {
					t.Errorf("the request %s (%s) is in the history %d times:\n%s", r.Request, r.Action, n, log)
				}
			}
			if kept := s.git("for-each-ref", "--contains", added.Revision, "--format=%(refname)"); !strings.HasPrefix(kept, "refs/alertsmith/kept/") {
				t.Errorf("the refused commit is kept by %q", kept)
			}
			if found := s.found("action=external"); len(found) != 0 {
				t.Errorf("commits are taken for somebody else's: %+v", found)
			}
			remotetest.Fsck(t, server)
		})
	}
}

// TestRefusedAndChangedSince has a server refuse a commit whose rule was changed twice since: its undo gives the lines that come first, and they lead to a server
// that has all the rest.
func TestRefusedAndChangedSince(t *testing.T) {
	t.Parallel()
	s, server, _, _, _ := newAway(t, "add one expr='up == 1'")
	remotetest.Hook(t, server, "pre-receive", refuses(`git log -1 --format=%s $c | grep -q '^add bad$'`))
	s.must("add bad expr='up == 66'")
	s.must("edit bad for=5m")
	s.must("edit one expr='up == 11'")
	s.must("edit bad for=7m")
	added, edits := s.found("action=add", "name=bad")[0], s.found("action=edit", "name=bad") // the newest first
	await(t, "the status says what is refused", func() bool { return strings.Contains(s.must("status").text, "/alert undo "+added.Request) })
	a, err := s.command("undo " + added.Request)
	want := []string{"undo " + edits[0].Request, "undo " + edits[1].Request, "undo " + added.Request}
	var lines []string
	for _, line := range regexp.MustCompile("(?m)^/alert (undo .*)$").FindAllStringSubmatch(a.text, -1) {
		lines = append(lines, line[1])
	}
	if err != nil || !slices.Equal(lines, want) {
		t.Fatalf("to be given are %q, want %q (%v):\n%s", lines, want, err, a.text)
	}
	for _, line := range lines {
		s.must(line)
	}
	await(t, "all others are pushed", func() bool {
		return strings.Contains(gitIn(t, server, "show", "main:prometheus/ops/one.yaml"), "up == 11") && strings.Contains(s.must("status").text, "it has every commit")
	})
	if got := gitIn(t, server, "ls-tree", "-r", "--name-only", "main", "prometheus"); got != "prometheus/ops/one.yaml\n" {
		t.Errorf("the server has:\n%s", got)
	}
}

// TestRefusedForItsName has a server take no commit that names a rule, which what takes it back does too: both are given up, as nothing says the name in
// their place, and the journal still knows it. The name has a hyphen, which no request id has: one that happened to hold the name would be refused for it.
func TestRefusedForItsName(t *testing.T) {
	t.Parallel()
	s, server, _, _, _ := newAway(t, "add one expr='up == 1'")
	remotetest.Hook(t, server, "pre-receive", refuses(`git log -1 --format=%B%an%ae $c | grep -q not-here`))
	s.must("add not-here expr='up == 66'")
	s.must("edit one expr='up == 11'")
	added := s.found("action=add", "name=not-here")[0]
	await(t, "the status says what is refused", func() bool { return strings.Contains(s.must("status").text, "/alert undo "+added.Request) })
	s.must("undo " + added.Request)
	await(t, "all others are pushed", func() bool {
		return strings.Contains(gitIn(t, server, "show", "main:prometheus/ops/one.yaml"), "up == 11") && strings.Contains(s.must("status").text, "it has every commit")
	})
	await(t, "the journal says that both are displaced", func() bool { return len(s.found("result=displaced")) == 2 })
	for _, displaced := range s.found("result=displaced") {
		if len(displaced.Rules) != 1 || displaced.Rules[0].Name != "not-here" || displaced.Actor.Name != added.Actor.Name {
			t.Errorf("the journal says of the change: %+v", displaced)
		}
	}
}
