package gitsync

import (
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remotetest"
	"github.com/alertsmith/alertsmith/rules"
)

// TestPushedTellsHowLong holds that an update that waits for the Git server tells how long that took, and another one does not.
func TestPushedTellsHowLong(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		r := openBook(t, Options{Remote: at(t, remotetest.Bare(t)), Required: required})
		tree, err := r.Update(t.Context(), appendLine("log", "first"))
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := tree.(rules.Pushed); !ok || (p.Pushed() > 0) != required {
			t.Errorf("required %v: %+v", required, tree)
		}
	})
}
