package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestBehindProxies(t *testing.T) {
	t.Parallel()
	config := webConfig{TrustedProxies: []string{"10.0.0.0/24", "2001:db8::1"}}
	for name, tc := range map[string]struct {
		peer string
		said []string // X-Forwarded-For, header by header
		want string
	}{
		"nobody between":                {"192.0.2.1:4711", nil, "192.0.2.1:4711"},
		"who says to be another":        {"192.0.2.1:4711", []string{"198.51.100.1"}, "192.0.2.1:4711"},
		"a proxy":                       {"10.0.0.7:4711", []string{"198.51.100.1"}, "198.51.100.1:0"},
		"a proxy by its mapped address": {"[::ffff:10.0.0.7]:4711", []string{"198.51.100.1"}, "198.51.100.1:0"},
		"two proxies, and a lie before": {"10.0.0.7:4711", []string{"127.0.0.1, 198.51.100.1", "2001:db8::1"}, "198.51.100.1:0"},
		"a proxy that asks itself":      {"10.0.0.7:4711", nil, "10.0.0.7:0"},
		"nonsense behind the client":    {"10.0.0.7:4711", []string{"198.51.100.1, unknown"}, "10.0.0.7:0"},
		"proxies alone":                 {"10.0.0.7:4711", []string{"10.0.0.8"}, "10.0.0.8:0"},
		"a socket":                      {"@", []string{"198.51.100.1"}, "@"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = tc.peer
			r.Header["X-Forwarded-For"] = tc.said
			var remote string
			behindProxies(config.proxies(), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				remote = r.RemoteAddr
			})).ServeHTTP(httptest.NewRecorder(), r)
			if remote != tc.want {
				t.Errorf("asked by %q, want %q", remote, tc.want)
			}
		})
	}
}
