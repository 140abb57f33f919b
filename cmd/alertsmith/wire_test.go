package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestRulerTimeouts holds that a ruler is waited for as long as the configuration says.
func TestRulerTimeouts(t *testing.T) {
	t.Parallel()
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(hanging.Close)
	cfg, err := parseConfig("alertsmith.yml", []byte(`
rulers:
  - name: prometheus
    kind: prometheus
    url: `+hanging.URL+`
    timeout: 11ms
    reload_timeout: 12ms
`))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Rulers[0].RulesDir = t.TempDir()
	s := &service{settings: &serve{storage: t.TempDir()}, cfg: cfg, logger: slog.New(slog.DiscardHandler)}
	rulers, err := s.rulers()
	if err != nil {
		t.Fatal(err)
	}
	_, running := rulers[0].Running(t.Context())
	for want, err := range map[string]error{"within 11ms": running, "within 12ms": rulers[0].Reload(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error that says %q", err, want)
		}
	}
}
