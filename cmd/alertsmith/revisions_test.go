package main

import (
	"fmt"
	"log/slog"
	"testing"
)

func TestRevisionsNotedSoon(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRevisions(dir, slog.New(slog.DiscardHandler))
	for i := range 200 {
		for _, name := range []string{"accepted-a", "accepted-b"} {
			want := fmt.Sprint(name, i)
			r.noteSoon(name, want)
			if got := r.last(name); got != want {
				t.Fatalf("%s is %q, want %q", name, got, want)
			}
		}
	}
	r.wait()
	again := newRevisions(dir, slog.New(slog.DiscardHandler))
	for _, name := range []string{"accepted-a", "accepted-b"} {
		if got, want := again.last(name), name+"199"; got != want {
			t.Errorf("after a restart %s is %q, want %q", name, got, want)
		}
	}
	again.noteSoon("accepted-a", "") // that there is none any more is a note as well
	if got := again.last("accepted-a"); got != "" {
		t.Errorf("what there is none of any more is %q", got)
	}
	again.wait()
	again = newRevisions(dir, slog.New(slog.DiscardHandler))
	if got := again.last("accepted-a"); got != "" {
		t.Errorf("what there is none of any more is %q after a restart", got)
	}
	if got := again.last("accepted-c"); got != "" {
		t.Errorf("what was never noted is %q", got)
	}
}
