package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestAJournalThatWasReplacedIsMendedAsTheRefusalSays has somebody push something else in the place of the journal's directory, where no command can be
// written down any more: the push is held, a command is refused with the lines that bring the directory back, and these do.
func TestAJournalThatWasReplacedIsMendedAsTheRefusalSays(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(path string) error{
		"file":          func(path string) error { return os.WriteFile(path, []byte("see the wiki\n"), 0o600) },
		"symbolic link": func(path string) error { return os.Symlink("elsewhere", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, server, clone, _, _ := newAway(t, "add one expr='up == 0'")
			gitIn(t, clone, "config", "user.name", "Bob")
			gitIn(t, clone, "config", "user.email", "bob@example.org")
			gitIn(t, clone, "rm", "-rq", "journal")
			if err := replace(filepath.Join(clone, "journal")); err != nil {
				t.Fatal(err)
			}
			commitAs(t, clone, "Bob", "the journal is elsewhere", nil)
			gitIn(t, clone, "push", "-q", server, "HEAD:main")
			await(t, "the push is held", func() bool { return strings.Contains(s.must("status").text, "Not applied") })
			refused, err := s.command("add two expr='up == 2'")
			lines := regexp.MustCompile("(?s)```\n(git pull\n.*?)```").FindStringSubmatch(refused.text)
			if err != nil || refused.result == rules.Success || !strings.Contains(refused.text, "what Bob pushed") || lines == nil {
				t.Fatalf("answered %+v, %v, want it refused with the lines that mend it", refused, err)
			}
			mend := exec.CommandContext(t.Context(), "sh", "-ec", lines[1])
			mend.Dir = clone
			if out, err := mend.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", lines[1], err, out)
			}
			await(t, "nothing is held", func() bool { return !strings.Contains(s.must("status").text, "Not applied") })
			s.must("add two expr='up == 2'")
			s.stop()
			pages := gitIn(t, server, "ls-tree", "-r", "--name-only", "main", "journal")
			if !strings.HasSuffix(strings.TrimSpace(pages), ".md") {
				t.Errorf("the journal has %s", pages)
			}
		})
	}
}
