package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSnapshotsAreBelievedWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := snapshots{filepath.Join(t.TempDir(), snapshotName), slog.New(slog.NewTextHandler(&log, nil))}
	if got := s.load(); got != nil {
		t.Errorf("before the first one: %q", got)
	}
	want := []byte("what is known\nof rule files")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	s.keep(ended, func() ([]byte, error) { return want, nil })
	if got := s.load(); !bytes.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	s.keep(ended, func() ([]byte, error) { return nil, errors.New("too much") })
	if got := s.load(); !bytes.Equal(got, want) || !strings.Contains(log.String(), "too much") {
		t.Errorf("after one that failed: %q, log %s", got, &log)
	}
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range whole {
		damaged := bytes.Clone(whole)
		damaged[i] ^= 1
		if err := os.WriteFile(s.path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.load(); got != nil {
			t.Errorf("byte %d is another one, and it is believed: %q", i, got)
		}
	}
}
