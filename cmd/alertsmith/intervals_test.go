package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestIntervalOfRuler holds that the lint goes by the evaluation interval in the ruler's own configuration.
func TestIntervalOfRuler(t *testing.T) {
	t.Parallel()
	loki := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/config" {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "ruler:\n  evaluation_interval: 4m0s\n") // who asks and hears nothing fails the test
	}))
	t.Cleanup(loki.Close)
	s := newSystem(t, "--loki.url="+loki.URL, "--loki.rules-dir="+t.TempDir())
	s.start()
	const found = "the group is evaluated every 4m"
	for window, want := range map[string]bool{"3m": true, "5m": false} {
		a := s.must(`add bans expr='sum(count_over_time({job="sshd"} |= "Ban" [` + window + `])) > 0' dry-run`)
		if strings.Contains(a.text, found) != want {
			t.Errorf("%s: %q is said: want %v in %s", window, found, want, a.text)
		}
	}
	s.stop()
}
