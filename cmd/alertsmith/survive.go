package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// surviving gives a handler whose panic ends one request and nothing else: it is logged with its stack and counted, and the client reads that it was our
// fault, or, where the answer had begun, that it broke off. What is not to be heard of, http.ErrAbortHandler, goes on to the server.
func surviving(m *metrics, logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := &beginning{ResponseWriter: w}
		defer func() {
			p := recover()
			switch p {
			case nil:
				return
			case http.ErrAbortHandler:
				panic(p)
			}
			logger.Error("A panic in answering a request; the service goes on", "id", "AS5106", "method", r.Method, "path", r.URL.Path,
				"err", fmt.Sprintf("panic: %v\n%s", p, debug.Stack()))
			m.panicked("http")
			if answer.begun {
				panic(http.ErrAbortHandler)
			}
			plain(w, http.StatusInternalServerError, "This did not work, by a mistake in Alertsmith. Its log says more (id=AS5106).")
		}()
		next.ServeHTTP(answer, r)
	})
}

// beginning is a response that knows whether it has begun.
type beginning struct {
	http.ResponseWriter

	begun bool
}

func (b *beginning) WriteHeader(status int) {
	b.begun = true
	b.ResponseWriter.WriteHeader(status)
}

func (b *beginning) Write(p []byte) (int, error) {
	b.begun = true
	return b.ResponseWriter.Write(p)
}

// Unwrap is what http.ResponseController finds the connection by.
func (b *beginning) Unwrap() http.ResponseWriter { return b.ResponseWriter }
