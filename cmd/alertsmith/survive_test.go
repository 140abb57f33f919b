package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestPanicEndsOneRequest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		serve      http.HandlerFunc
		status     int // 0: the answer breaks off
		heard      bool
		body, says string
	}{
		"none":           {serve: func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "well") }, status: 200, body: "well"},
		"before":         {serve: func(http.ResponseWriter, *http.Request) { panic(errors.New("slice bounds")) }, status: 500, heard: true, body: "AS5106", says: "slice bounds"},
		"with its stack": {serve: func(http.ResponseWriter, *http.Request) { panic("whose?") }, status: 500, heard: true, body: "AS5106", says: "survive_test.go"},
		"after": {serve: func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			panic("late")
		}, heard: true, says: "late"},
		"meant": {serve: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			m := newMetrics()
			server := httptest.NewServer(surviving(m, slog.New(slog.NewTextHandler(&log, nil)), tc.serve))
			response, err := http.Get(server.URL + "/rules?ticket=secret")
			var body []byte
			if err == nil {
				body, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			server.Close() // waits for the request
			if broken := err != nil; broken != (tc.status == 0) || !broken && (response.StatusCode != tc.status || !strings.Contains(string(body), tc.body)) {
				t.Errorf("%v, %q, %v", response, body, err)
			}
			if heard := strings.Contains(log.String(), "AS5106"); heard != tc.heard || !strings.Contains(log.String(), tc.says) || strings.Contains(log.String(), "secret") {
				t.Errorf("logged: %s", &log)
			}
			if counted := testutil.ToFloat64(m.panics) == 1; counted != tc.heard {
				t.Errorf("counted: %v", counted)
			}
		})
	}
}
