package rules

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "250ms": 250 * time.Millisecond, "0": 0} {
		if got, err := ParseDuration("time", text); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string][]string{
		"5":            {"5m", "5s", "5h"},
		"5min":         {"5m"},
		"5 minutes":    {"5m"},
		"5分":           {"5m"},
		"５ｍ":           {"5m"},
		"1時間30分":       {"1h30m"},
		"1 hour 5 min": {"1h5m"},
		"1.5h":         {"1h30m"},
		"90sec.":       {"1m30s"},
		"5M":           {"5m"},
		"":             nil,
		"-5m":          nil,
		"soon":         nil,
		"5 parsecs":    nil,
		"0.00001s":     nil,
		"999999999999": nil,
	} {
		_, err := ParseDuration("for", text)
		var e *Error
		if !errors.As(err, &e) || e.Kind != Invalid || e.Field != "for" {
			t.Errorf("%q: %#v", text, err)
			continue
		}
		if diff := cmp.Diff(want, e.Fixes); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		for _, fix := range e.Fixes {
			if _, err := ParseDuration("for", fix); err != nil {
				t.Errorf("%q is offered for %q: %v", fix, text, err)
			}
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"HostOutOfMemory", "HostOutOfDiskSpace", "node-down", "サーバー停止", "a"}
	for wanted, want := range map[string][]string{
		"HostOutOfMemorry": {"HostOutOfMemory"},
		"hostoutofmemory":  {"HostOutOfMemory"},
		"OutOf":            {"HostOutOfMemory", "HostOutOfDiskSpace"},
		"node_down":        {"node-down"},
		"ndoe-down":        {"node-down"},
		"ｎｏｄｅ－ｄｏｗｎ":        {"node-down"},
		"サーバ停止":            {"サーバー停止"},
		"b":                {"a"},
		"xyz":              nil,
	} {
		if diff := cmp.Diff(want, Nearest(wanted, names)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", wanted, diff)
		}
	}
}
