package main

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestCloneProgress holds that a clone says of each step that it ends, and not each of its hundred parts.
func TestCloneProgress(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	progress := cloneProgress(slog.New(slog.NewTextHandler(&out, nil)))
	for _, step := range []string{"Counting", "Compressing"} {
		for n := range 100 {
			progress(fmt.Sprintf("%s objects: %d%% (%d/100)", step, n, n))
		}
		progress(step + " objects: 100% (100/100), done.")
	}
	progress("checking 100 objects")
	if got := strings.Count(out.String(), "\n"); got != 4 {
		t.Errorf("%d lines, want the first one, the ends of both steps, and the check:\n%s", got, &out)
	}
}
