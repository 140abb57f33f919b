package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/journal"
)

const hookKey = "canary-hook-key-0123456789"

// hook is a program that is told by webhooks, and takes nothing while it is away.
type hook struct {
	*httptest.Server
	mu    sync.Mutex
	away  bool
	calls int
	heard map[string][]journal.TellingObject // by idempotency key
}

func startHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{heard: map[string][]journal.TellingObject{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		id, stamp := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, []byte(hookKey))
		fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
			t.Errorf("the signature is %s, want %s", r.Header.Get("webhook-signature"), want)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.calls++; h.away {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var o journal.TellingObject
		if err := json.Unmarshal(body, &o); err != nil || o.ID != id {
			t.Errorf("%s: %v", body, err)
		}
		h.heard[id] = append(h.heard[id], o)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) set(away bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
}

// asked returns how often it was called.
func (h *hook) asked() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.calls
}

// commands returns the commands that it was told of, each with how it ended, and how many different messages there were of each.
func (h *hook) commands() map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	counts := map[string]int{}
	for _, told := range h.heard {
		counts[told[0].Command+": "+told[0].Result]++
	}
	return counts
}

// sinkSystem prepares a service that tells a webhook and a file of lines.
func sinkSystem(t *testing.T, h *hook) *system {
	t.Helper()
	s := newSystem(t, "--config.file=alertsmith.yml")
	for name, content := range map[string]string{"key": hookKey + "\n", "alertsmith.yml": fmt.Sprintf(`
sinks:
  - {name: hook, kind: webhook, url: %q, secret_file: key}
  - {name: lines, kind: jsonl, file: journal.jsonl}
  - {name: asked, kind: jsonl, file: asked.jsonl, tells: notifications}
notify:
  - {name: refusals, filter: [result=refused], sinks: [asked]}
`, h.URL)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// lines returns what a sink of lines was told.
func (s *system) lines(name string) (all []journal.TellingObject) {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		var o journal.TellingObject
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			s.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, o)
	}
	return all
}

// TestSinksAreToldWhatHappened walks commands through a webhook that is away and a service that is killed before anybody was told. Nothing is
// lost, no message comes under two ids, and no secret is told anywhere.
func TestSinksAreToldWhatHappened(t *testing.T) {
	t.Parallel()
	h := startHook(t)
	s := sinkSystem(t, h)
	s.start()
	s.must("list")
	if _, err := s.command("delete nothing"); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"list: SUCCESS": 1, "delete nothing: VALIDATION_ERROR": 1}
	await(t, "the webhook is told", func() bool { return cmp.Equal(want, h.commands()) })
	await(t, "the lines are written", func() bool { return len(s.lines("journal.jsonl")) == 2 && len(s.lines("asked.jsonl")) == 1 })
	if asked := s.lines("asked.jsonl")[0]; !cmp.Equal(asked.Notify, []string{"refusals"}) || asked.Command != "delete nothing" {
		t.Errorf("%+v", asked)
	}

	// The service is killed between recording a command and telling it, while the webhook is away.
	h.set(true)
	before := h.asked()
	s.kill()
	s.start(killAt + "=" + stepRecorded)
	if a, err := s.command("help"); err == nil {
		t.Fatalf("the service lived on: %+v", a)
	}
	s.kill()
	s.start()
	s.must("templates")
	await(t, "the webhook was tried", func() bool { return h.asked() > before })
	await(t, "the metrics tell", func() bool {
		return strings.Contains(s.get("/metrics"), `alertsmith_sink_queue_length{kind="webhook",sink="hook"} 2`)
	})
	if status := s.must("status").text; !strings.Contains(status, "**hook** (webhook) is not told everything") || !strings.Contains(status, "it answered 503") {
		t.Errorf("the status does not say that the hook is behind:\n%s", status)
	}
	s.kill()
	h.set(false)
	s.start()
	want["help: SUCCESS"], want["templates: SUCCESS"], want["status: SUCCESS"] = 1, 1, 1
	await(t, "the webhook is told what it missed", func() bool { return cmp.Equal(want, h.commands()) })
	if !strings.Contains(s.printed(), "id=AS2403") {
		t.Error("the log does not say that a sink was away")
	}
	s.assertNoSecret(hookKey)
	s.stop()
}
