package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/ruler"
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

// TestIntervalFollowsTheRuler holds that a ruler which was away at the start, or was configured otherwise since, is asked again, and that one
// which is away counts as it last said.
func TestIntervalFollowsTheRuler(t *testing.T) {
	t.Parallel()
	var interval atomic.Pointer[string]
	loki := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if says := interval.Load(); says != nil {
			_, _ = fmt.Fprintf(w, "ruler:\n  evaluation_interval: %s\n", *says) // who asks and hears nothing fails the test
			return
		}
		http.Error(w, "starting", http.StatusServiceUnavailable)
	}))
	t.Cleanup(loki.Close)
	r, err := ruler.New(ruler.Config{Kind: "loki", Name: "loki", URL: loki.URL, RulesDir: t.TempDir(), StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLinting(t.Context(), []rules.Ruler{r}, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	book := rules.NewBook([]rules.RulerInfo{{Name: "loki", Dialect: expr.LogQL}}).With(map[string][]byte{
		"loki/a.yaml": []byte("groups:\n- name: g\n  rules:\n  - alert: a\n    expr: 'sum(count_over_time({job=\"sshd\"} |= \"Ban\" [3m])) > 0'\n"),
	})
	gaps := func(says string) bool {
		t.Helper()
		interval.Store(&says)
		if says == "" {
			interval.Store(nil)
		}
		if _, err := l.ask(context.WithoutCancel(t.Context())); err != nil {
			t.Fatal(err)
		}
		for _, f := range l.Lint(book, book.Entries("")) {
			if strings.Contains(f.Text, "is evaluated every") {
				return true
			}
		}
		return false
	}
	for i, step := range []struct {
		says string
		want bool
	}{{"", false}, {"4m", true}, {"", true}, {"2m", false}} {
		if got := gaps(step.says); got != step.want {
			t.Errorf("step %d, the ruler says %q: a gap is found: %v", i, step.says, got)
		}
	}
}
