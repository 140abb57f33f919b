package main

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestKeyOutlivesTheJournal holds that a command which comes again is not done again although the journal was lost meanwhile.
func TestKeyOutlivesTheJournal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	book, err := gitsync.Open(t.Context(), gitsync.Options{Dir: filepath.Join(dir, rulebookName), Committer: committer, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	db, err := journal.Open(t.Context(), filepath.Join(dir, journalName))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	commit := func(content []byte, action, key string) string {
		tree, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
			return rules.Commit{
				Author: committer, When: time.Now(), Subject: action + " x", Files: map[string][]byte{"prometheus/x.yaml": content},
				Trailers: []rules.Trailer{{Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: action}, {Key: "Request-Id", Value: "id-" + action}, {Key: "Idempotency-Key", Value: key}},
			}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return tree.Revision()
	}
	added := commit([]byte("groups: [{name: x, rules: [{alert: X, expr: up}]}]\n"), "add", "key-1")
	deleted := commit([]byte("groups: []\n"), "delete", "key-2")

	s := &service{book: book, infos: []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}}}
	j := steppedJournal{db, s.answered, "host", time.UTC, func(string, time.Duration) {}, &answering{}}
	receive := func(id, key string) *rules.Record {
		prior, err := j.Receive(t.Context(), rules.Request{ID: id, Key: key, Time: time.Now(), Actor: rules.Person{Name: "aiko"}, Command: "again"})
		if err != nil {
			t.Fatal(err)
		}
		return prior
	}
	for i, test := range []struct{ key, revision, text string }{
		{"key-1", added, "**X** added by aiko, committed as"},
		{"key-1", added, "**X** added by aiko, committed as"}, // now the journal knows it too
		{"key-2", deleted, "**X** deleted by aiko, committed as"},
	} {
		prior := receive("again-"+string(rune('a'+i)), test.key)
		if prior == nil || prior.Done.IsZero() || prior.Outcome.Result != rules.Success || prior.Outcome.Revision != test.revision || !strings.Contains(prior.Reply, test.text) {
			t.Errorf("%s came again: %+v; want the answer %q for %s", test.key, prior, test.text, test.revision)
		}
	}
	for _, key := range []string{"", "key-3", "id-add"} {
		if prior := receive("new-"+key, key); prior != nil {
			t.Errorf("%q is new, and was answered with %+v", key, prior)
		}
	}
	if open, err := db.Interrupted(t.Context()); err != nil || len(open) != 3 {
		t.Errorf("%d commands are open, %v; want the three new ones", len(open), err)
	}
}
