package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/bot"
)

func TestEndpoints(t *testing.T) {
	t.Parallel()
	tests := []struct {
		method, path string
		waits, notes []string
		reload       error
		origin       string
		status       int
		body         string
	}{
		{method: "POST", path: "/mattermost/command", status: 200, body: "command by POST"},
		{method: "GET", path: "/mattermost/command", status: 200, body: "command by GET"},
		{method: "GET", path: "/-/healthy", status: 200, body: "Alertsmith is healthy.\n"},
		{method: "GET", path: "/-/ready", status: 200, body: "Alertsmith is ready.\n"},
		{method: "GET", path: "/-/ready", notes: []string{"held:", "  a.yaml:3: no"}, status: 200, body: "Alertsmith is ready.\nheld:\n  a.yaml:3: no\n"},
		{method: "GET", path: "/-/ready", waits: []string{"a", "b"}, status: 503, body: "Alertsmith is not ready:\na\nb\n"},
		{method: "POST", path: "/-/reload", status: 200, body: "The tokens and allow-lists were read again.\n"},
		{method: "POST", path: "/-/reload", reload: errors.New("tokens: gone"), status: 500, body: "tokens: gone"},
		{method: "POST", path: "/-/reload", origin: "https://evil.example.org", status: 403, body: "cross-origin"},
		{method: "GET", path: "/-/reload", status: 405},
		{method: "POST", path: "/metrics", status: 405},
		{method: "POST", path: "/mattermost/action", status: 200, body: "press by POST"},
		{method: "POST", path: "/mattermost/action", origin: "https://evil.example.org", status: 403, body: "cross-origin"},
		{method: "POST", path: "/git/webhook", status: 200, body: "hook by POST"},
		{method: "GET", path: "/git/webhook", status: 405},
		{method: "GET", path: "/", status: 200, body: "page by GET"},
		{method: "GET", path: "/api/v1/journal", status: 200, body: "api by GET"},
		{method: "GET", path: "/nothing", status: 404},
	}
	for _, tt := range tests {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			e := &endpoints{
				command: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "command by "+r.Method) }),
				action:  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "press by "+r.Method) },
				webhook: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hook by "+r.Method) }),
				api:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "api by "+r.Method) }),
				pages: func(mux *http.ServeMux) {
					mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page by "+r.Method) })
				},
				metrics: newMetrics().handler(),
				unready: func(context.Context) []string { return tt.waits },
				notes:   func(context.Context) []string { return tt.notes },
				reload:  func() error { return tt.reload },
			}
			request := httptest.NewRequest(tt.method, tt.path, nil)
			if tt.origin != "" {
				request.Header.Set("Origin", tt.origin)
			}
			recorder := httptest.NewRecorder()
			e.open(e.guarded()).ServeHTTP(recorder, request)
			if recorder.Code != tt.status || !strings.Contains(recorder.Body.String(), tt.body) {
				t.Errorf("%d %s", recorder.Code, recorder.Body)
			}
		})
	}
}

// TestNoAnswerIsCutOff holds the server to the bot's word: an answer that the bot may still give must not be cut off.
func TestNoAnswerIsCutOff(t *testing.T) {
	t.Parallel()
	handler := bot.New(bot.Options{Deadline: time.Hour, Logger: slog.New(slog.DiscardHandler)}, bot.Backend{}, nil)
	server := newServer(handler, handler.LongestAnswer(), slog.New(slog.DiscardHandler))
	if server.WriteTimeout <= server.ReadTimeout+handler.LongestAnswer() {
		t.Errorf("answers are cut off after %v, and may take %v after up to %v of reading", server.WriteTimeout, handler.LongestAnswer(), server.ReadTimeout)
	}
}
