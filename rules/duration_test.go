package rules

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"5m": 5 * time.Minute, "1h30m": 90 * time.Minute, "1d": 24 * time.Hour, "250ms": 250 * time.Millisecond, "0": 0,
		"5min": 5 * time.Minute, "5 minutes": 5 * time.Minute, "1 hour 5 min": 65 * time.Minute, "1.5h": 90 * time.Minute, "1,5h": 90 * time.Minute,
		"90sec.": 90 * time.Second, "5M": 5 * time.Minute, "PT1H30M": 90 * time.Minute, "P1D": 24 * time.Hour, "2 Stunden": 2 * time.Hour,
		"5分": 5 * time.Minute, "５ｍ": 5 * time.Minute, "1時間30分": 90 * time.Minute, "1時間半": 90 * time.Minute, "五分間": 5 * time.Minute,
		"5ふん": 5 * time.Minute, "１０ぷん": 10 * time.Minute, "半時間": 30 * time.Minute, "半日": 12 * time.Hour, "30びょう": 30 * time.Second, "2じかん半": 150 * time.Minute,
	} {
		if got, err := ParseDuration("time", text); err != nil || got != want {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string][]string{
		"5":              {"5m", "5s", "5h"},
		"1:30":           {"1h30m", "1m30s"},
		"-5m":            {"5m"},
		"":               nil,
		"P":              nil,
		"二十分":            nil,
		"半分":             nil,
		"soon":           nil,
		"5 parsecs":      nil,
		"0.00001s":       nil,
		"999999w":        nil,
		"999999999999":   nil,
		"5 min 3":        nil,
		"1 hour or more": nil,
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
