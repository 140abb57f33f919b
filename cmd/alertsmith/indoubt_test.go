package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remotetest"
	"github.com/alertsmith/alertsmith/rules"
)

// TestWhatTheGitServerDidNotAnswerIsToldSo has the Git server go away in the middle of a push: whoever gave the command hears what came of it, and not that the
// service was stopped.
func TestWhatTheGitServerDidNotAnswerIsToldSo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "server.git")
	gitIn(t, ".", "init", "-q", "--bare", "-b", "main", dir)
	var away atomic.Bool
	server := remotetest.HTTP(t, dir, "", "", func(_ http.ResponseWriter, r *http.Request) bool {
		if away.Load() && (r.Method == http.MethodPost || !strings.Contains(r.URL.RawQuery, "git-receive-pack")) {
			panic(http.ErrAbortHandler)
		}
		return true
	})
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.configured(fmt.Sprintf("git: {remote: %q, push: required, fetch_interval: 1s, timeout: 20s}\n", server.Repository))
	s.start()
	s.must("add one expr='up == 0'")
	away.Store(true)
	a, err := s.command("add two expr='up == 0'")
	if err != nil || a.result == rules.Success {
		t.Fatalf("%+v, %v", a, err)
	}
	away.Store(false)
	await(t, "it is known what came of it", func() bool { return len(s.found("result=interrupted")) == 1 })
	text := s.must("status").text
	if want := "It was not known whether the Git server had taken your command `add two expr='up == 0'`. What came of it: **two** added by tester"; !strings.Contains(text, want) {
		t.Errorf("its author does not hear %q:\n%s", want, text)
	}
	if strings.Contains(text+s.must("journal result=interrupted").text, "service was stopped") {
		t.Errorf("the service was not stopped:\n%s", text)
	}
	s.stop()
}
