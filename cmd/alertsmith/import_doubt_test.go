package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	"github.com/alertsmith/alertsmith/rules/rulestest"
)

// failingStore is a rulebook whose commits end in an error.
type failingStore struct {
	rulestest.Store
	err error
}

func (s *failingStore) Update(context.Context, func(rules.Tree) (rules.Commit, error)) (rules.Tree, error) {
	return nil, s.err
}

// An import of which the Git server did not say whether it has taken it is neither done nor failed.
func TestImportInDoubtStaysOpen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		kind rules.Kind
		open bool
		says string
	}{
		{"in doubt", rules.Uncertain, true, "it is not known yet whether the files were imported: the server went away"},
		{"failed", rules.Unavailable, false, "the server went away"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &service{journal: openJournal(t), logger: slog.New(slog.DiscardHandler)}
			applier := rules.NewApplier(rules.ApplierOptions{
				Store:  &failingStore{err: &rules.Error{Kind: tt.kind, Offset: -1, Text: "the server went away"}},
				Rulers: []rules.Ruler{rulestest.NewRuler(rules.RulerInfo{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"})},
				Now:    time.Now, Logger: s.logger,
			})
			request := rules.Request{ID: strings.Repeat("a", 26), Time: time.Now(), Entry: rules.EntryImport, Actor: rules.Person{Name: "alice"}}
			_, err := (&importFiles{}).commit(t.Context(), s, applier, request, rules.Import{Ruler: "prometheus"})
			if err == nil || !strings.HasPrefix(err.Error(), tt.says) {
				t.Errorf("says %v, want %q", err, tt.says)
			}
			interrupted, err := s.journal.Interrupted(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if open := slices.ContainsFunc(interrupted, func(r rules.Record) bool { return r.Request.ID == request.ID }); open != tt.open {
				t.Errorf("open in the journal: %v, want %v", open, tt.open)
			}
		})
	}
}
