package gitsync_test

import (
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

func TestRulebookIsAStore(t *testing.T) {
	rulestest.TestStore(t, func(t *testing.T) rules.Store {
		t.Helper()
		book, err := gitsync.Open(t.Context(), gitsync.Options{Dir: filepath.Join(t.TempDir(), "rulebook.git"), Committer: rules.Person{ID: "alertsmith", Name: "Alertsmith"}, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = book.Close() })
		return book
	})
}
