package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDirectoryPushedInPlaceOfARule has a directory pushed in place of a rule's file: what brings the rule back is refused with the lines of Git after which it can be
// done.
func TestDirectoryPushedInPlaceOfARule(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"a directory": {"prometheus/ops/one.yaml/README": "x", "prometheus/ops/one.yaml/in.yaml": ruleFile("in", "up == 3")},
		"a file":      {"prometheus/ops": "x", "prometheus/in.yaml": ruleFile("in", "up == 3")},
	} {
		for command, say := range map[string]string{"restore": "restore one", "undo": "undo PUSHED reason=loud"} {
			t.Run(name+" "+command, func(t *testing.T) {
				t.Parallel()
				s, _, clone, _, _ := newAway(t, "add one expr='up == 0'")
				gitIn(t, clone, "rm", "-q", "prometheus/ops/one.yaml")
				pushed := commitAs(t, clone, "Bob", "in place of it", files)
				gitIn(t, clone, "push", "-q", "origin", "HEAD:main")
				await(t, "it is known", func() bool { return len(s.found("action=external")) == 1 })
				say := strings.Replace(say, "PUSHED", pushed[:7], 1)
				refused, err := s.command(say)
				_, lines, _ := strings.Cut(refused.text, "```\n")
				lines, _, there := strings.Cut(lines, "\n```")
				if err != nil || refused.committed() || !there || strings.Contains(lines, "/alert") {
					t.Fatalf("%s is answered without lines of Git: %v\n%s", say, err, refused.text)
				}
				gitIn(t, clone, "config", "user.name", "Bob")
				gitIn(t, clone, "config", "user.email", "bob@example.org")
				cmd := exec.Command("sh", "-ec", lines)
				cmd.Dir = clone
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%s\n%v: %s", lines, err, out)
				}
				await(t, "that is known", func() bool { return len(s.found("action=external")) == 2 })
				s.must(say)
				if got := s.git("show", "main:prometheus/ops/one.yaml"); !strings.Contains(got, "up == 0") {
					t.Errorf("it is back as\n%s", got)
				}
				s.stop()
			})
		}
	}
}

// TestPushedWhereAChangeWrites has something pushed where a rule was added meanwhile, that is no file: the rule is displaced, and all else goes on to the Git server.
func TestPushedWhereAChangeWrites(t *testing.T) {
	t.Parallel()
	for what, tt := range map[string]struct{ path, said string }{
		"a directory":                      {"prometheus/ops/two.yaml/README", "prometheus/ops/two.yaml is a directory"},
		"a file in place of the directory": {"prometheus/web", "prometheus/web is not a directory"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s, server, clone, goAway, pushBack := newAway(t, "add one expr='up == 0'")
			goAway()
			add := "add two expr='up == 5'"
			if strings.HasPrefix(tt.path, "prometheus/web") {
				add += " namespace=web"
			}
			s.must(add)
			s.must("edit one for=5m")
			commitAs(t, clone, "Bob", what, map[string]string{tt.path: "x"})
			pushBack()
			await(t, "the rule is displaced", func() bool { return len(s.found("action=add", "result=displaced")) == 1 })
			await(t, "the server has the other change", func() bool {
				return strings.Contains(gitIn(t, server, "show", "main:prometheus/ops/one.yaml"), "for: 5m")
			})
			s.stop()
			if reason := s.found("action=add", "result=displaced")[0].Reason; !strings.Contains(reason, tt.said) {
				t.Errorf("it is displaced as %q", reason)
			}
		})
	}
}
