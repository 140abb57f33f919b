package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestWebLinkNeedsAnAddress holds that who chats is given no link to this machine, which is not theirs; who sits at it is.
func TestWebLinkNeedsAnAddress(t *testing.T) {
	t.Parallel()
	tokens := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(tokens, []byte("mattermost-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--mattermost.token-file="+tokens)
	s.start()
	if a := s.must("web"); !strings.Contains(a.text, s.url+"/sign-in") {
		t.Errorf("who sits at the machine is told %s", a.text)
	}
	form := s.form("web")
	form.Set("token", "mattermost-token")
	if a, err := s.post(form); err != nil || a.result != rules.Failed || !strings.Contains(a.text, `web.external\_url`) || strings.Contains(a.text, "127.0.0.1") {
		t.Errorf("who chats is told %+v, %v", a, err)
	}
	s.stop()
}

// TestRequestIDsReachRulers holds that the id of a command is in its answer and in what the ruler is asked because of it.
func TestRequestIDsReachRulers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	asked := map[string]bool{}
	ruler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked[r.Method+" "+r.URL.Path+" "+r.Header.Get(rules.RequestHeader)] = true
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer ruler.Close()
	s := newSystem(t, "--config.file=alertsmith.yml")
	config := fmt.Sprintf("rulers:\n  - {name: prometheus, kind: prometheus, url: %q, rules_dir: rules}\nlive: {timeout: 1s}\n", ruler.URL)
	if err := os.WriteFile(filepath.Join(s.dir, "alertsmith.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	form := s.form("add x expr='up == 0'")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mattermost/command", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	id := response.Header.Get(rules.RequestHeader)
	if len(id) != 26 || !strings.Contains(s.printed(), "request="+id) || !strings.Contains(s.git("log", "--format=%B", "main"), "Request-Id: "+id) {
		t.Errorf("the id %q is not in the log or not in the commit", id)
	}
	await(t, "the ruler is told the id", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return asked["POST /-/reload "+id]
	})
	s.stop()
}
