package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

// TestReportedOnce has the Git server's history rewritten, and a commit refused: the channel is told once each, whatever starts there are, and when it is over. When
// the same comes again it is told again.
func TestReportedOnce(t *testing.T) {
	t.Parallel()
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	server, clone := filepath.Join(t.TempDir(), "server.git"), filepath.Join(t.TempDir(), "clone")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", server)
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", userID)+fmt.Sprintf("  report_channel: %s\ngit: {remote: %q, fetch_interval: 1s}\n", channelID, server))
	s.start()
	s.must("add one expr='up == 0'")
	await(t, "the server has it", func() bool { return strings.Contains(s.must("status").text, "it has every commit") })
	gitIn(t, ".", "clone", "-q", server, clone)
	was := strings.TrimSpace(gitIn(t, clone, "rev-parse", "HEAD"))
	gitIn(t, clone, "-c", "user.name=Eve", "-c", "user.email=eve@example.org", "commit", "-q", "--amend", "-m", "rewritten")
	now := strings.TrimSpace(gitIn(t, clone, "rev-parse", "HEAD"))
	told := func(when, words string, times int) {
		t.Helper()
		if n := strings.Count(m.all(), words); n != times {
			t.Errorf("%s the channel was told %q %d times, want %d", when, words, n, times)
		}
	}
	put := func(commit string) { gitIn(t, clone, "push", "-q", "-f", "origin", commit+":main") }
	restart := func(shown string) {
		t.Helper()
		s.stop()
		s.start()
		await(t, "the status says so", func() bool { return strings.Contains(s.must("status").text, shown) })
		s.stop() // which tells what is to be told
		s.start()
	}
	rewritten, followed, refused := "history on the Git server was rewritten", "Git server is followed again", "refuses a commit"

	for times := range 2 {
		put(now)
		await(t, "the channel is told", func() bool { return strings.Count(m.all(), rewritten) == times+1 })
		restart("the history there was rewritten")
		told("after restarts", rewritten, times+1)
		told("before it is over", followed, times)
		put(was)
		await(t, "the channel is told", func() bool { return strings.Count(m.all(), followed) == times+1 })
		restart("it has every commit")
		told("after it is over and restarts", rewritten, times+1)
		told("after restarts", followed, times+1)
	}

	remotetest.Hook(t, server, "pre-receive", "echo no >&2; exit 1")
	s.must("add two expr='up == 0'")
	await(t, "the channel is told", func() bool { return strings.Count(m.all(), refused) == 1 })
	restart("the commit that is refused")
	told("after restarts", refused, 1)
	s.stop()
}
