package bot

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestRefusalLog holds that a flood of refused requests is few lines, and that the lines say of all.
func TestRefusalLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log := NewRefusalLog(slog.New(slog.NewTextHandler(&out, nil)))
		for range 1000 {
			log.Warn("refused", "id", "AS0000")
		}
		if n := strings.Count(out.String(), "\n"); n != 60 {
			t.Errorf("%d lines of a flood, want 60", n)
		}
		time.Sleep(time.Second)
		out.Reset()
		log.Warn("refused", "id", "AS0000")
		log.Warn("refused", "id", "AS0000")
		if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "unsaid=940") {
			t.Errorf("a second later: %s", got)
		}
	})
}
