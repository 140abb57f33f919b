package remotetest

import (
	"bytes"
	"crypto/subtle"
	"io"
	"log/slog"
	"net/http"
	"net/http/cgi" //nolint:gosec // G504 is about Go before 1.6.3
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// HTTPServer is a Git server for one repository, by git http-backend.
type HTTPServer struct {
	*httptest.Server
	Repository string // its URL, without user and password
}

// HTTP serves the repository at dir over plain HTTP until the test ends. With a user it wants that user and password from
// everybody. Every request goes first to each of watch; one that returns false has answered it.
func HTTP(t testing.TB, dir, user, password string, watch ...func(http.ResponseWriter, *http.Request) bool) *HTTPServer {
	t.Helper()
	s, err := StartHTTP(dir, user, password, watch...)
	if err != nil {
		absent(t, err)
	}
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// StartHTTP does what HTTP does outside of tests. The caller closes the server.
func StartHTTP(dir, user, password string, watch ...func(http.ResponseWriter, *http.Request) bool) (*HTTPServer, error) {
	backend, err := find("git-http-backend", "git")
	if err != nil {
		return nil, err
	}
	program := &cgi.Handler{
		Path:   backend,
		Stderr: io.Discard,
		Logger: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Env: append(Environment(), "GIT_PROJECT_ROOT="+filepath.Dir(dir), "GIT_HTTP_EXPORT_ALL=1",
			"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=http.receivepack", "GIT_CONFIG_VALUE_0=true", "GIT_CONFIG_KEY_1=safe.directory", "GIT_CONFIG_VALUE_1=*"),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, f := range watch {
			if !f(w, r) {
				return
			}
		}
		u, p, _ := r.BasicAuth()
		if user != "" && (u != user || subtle.ConstantTimeCompare([]byte(p), []byte(password)) != 1) {
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		r, err := whole(r)
		if err != nil {
			http.Error(w, "the request was cut", http.StatusBadRequest)
			return
		}
		program.ServeHTTP(w, r)
	}))
	return &HTTPServer{Server: server, Repository: server.URL + "/" + filepath.Base(dir)}, nil
}

// Through returns the repository's URL with another host and port, that of a proxy.
func (s *HTTPServer) Through(p *Proxy) string {
	return strings.Replace(s.Repository, s.Listener.Addr().String(), p.Addr(), 1)
}

// Addr returns the host and port to connect to.
func (s *HTTPServer) Addr() string { return s.Listener.Addr().String() }

// whole reads a request before git http-backend (2.39) sees it: that loops for ever over a request that is shorter than its
// length, and net/http/cgi takes none without a length.
func whole(r *http.Request) (*http.Request, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	return r, nil
}
