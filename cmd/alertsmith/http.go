package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// endpoints is what the service answers over HTTP.
type endpoints struct {
	command http.Handler                   // POST /mattermost/command
	action  http.HandlerFunc               // POST /mattermost/action
	webhook http.Handler                   // POST /git/webhook; nil where no secret is configured
	api     http.Handler                   // GET /api/v1/…
	pages   func(*http.ServeMux)           // GET / and everything else that people look at
	metrics http.Handler                   // GET /metrics
	unready func(context.Context) []string // what the service still waits for, one sentence each; none when it is ready
	notes   func(context.Context) []string // what somebody has to see to although it is ready, a line each
	reload  func() error                   // re-reads tokens and allow-lists; its error is for the operator
}

// guarded returns the routes that are for whoever --web.config.file lets in. Methods that a path does not have are answered with 405, also by open.
func (e *endpoints) guarded() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /api/v1/", e.api)
	mux.Handle("GET /metrics", e.metrics)
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "Alertsmith is healthy.") })
	mux.HandleFunc("GET /-/ready", e.serveReady)
	mux.HandleFunc("POST /-/reload", e.serveReload)
	e.pages(mux)
	return mux
}

// open returns all routes. Mattermost and Git servers have no user and password for us, but each request of theirs carries a secret or a signature of
// its own, which its handler verifies: these are let in here, and what leads anywhere else is guard's.
func (e *endpoints) open(guard http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/mattermost/command", e.command) // which judges the method itself
	mux.Handle(actionPath, e.action)             // so does this
	if e.webhook != nil {
		hook := http.NewServeMux()
		hook.Handle("POST /git/webhook", e.webhook)
		mux.Handle("/git/webhook", hook)
	}
	mux.Handle("/", guard)
	// A page that somebody has open in a browser must not be able to press our buttons.
	return http.NewCrossOriginProtection().Handler(mux)
}

func (e *endpoints) serveReady(w http.ResponseWriter, r *http.Request) {
	if waits := e.unready(r.Context()); len(waits) > 0 {
		plain(w, http.StatusServiceUnavailable, "Alertsmith is not ready:\n"+strings.Join(waits, "\n"))
		return
	}
	plain(w, http.StatusOK, strings.Join(append([]string{"Alertsmith is ready."}, e.notes(r.Context())...), "\n"))
}

func (e *endpoints) serveReload(w http.ResponseWriter, _ *http.Request) {
	if err := e.reload(); err != nil {
		plain(w, http.StatusInternalServerError, "The configuration was not reloaded; the old one stays in force. The reason:\n"+err.Error())
		return
	}
	plain(w, http.StatusOK, "The tokens and allow-lists were read again.")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}

// answerMargin is how much longer than bot promises an answer may take: the request was read before, and the journal is written before it.
const answerMargin = 15 * time.Second

// newServer returns the server with its limits. A command whose author cannot be told later (`alertsmith send`) is answered when it
// is done, so that writing must be allowed to take as long as the longest answer, and a margin.
func newServer(handler http.Handler, longestAnswer time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      longestAnswer + answerMargin,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
