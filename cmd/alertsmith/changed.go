package main

import (
	"cmp"
	"context"
	"reflect"
	"slices"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// history reads the rulebook as it was at commits. Files that several of them share are parsed once.
type history struct {
	store *gitsync.Rulebook
	book  *rules.Book // the last that was read; the next takes its parsed files over
}

// at returns the rules of one ruler at a commit, given by its full hash; none for "", which is before the first commit.
func (h *history) at(ctx context.Context, revision, ruler string) (map[rules.Ref]rules.Rule, error) {
	found := map[rules.Ref]rules.Rule{}
	if revision == "" {
		return found, nil
	}
	tree, err := h.store.At(ctx, revision)
	if err != nil {
		return nil, err
	}
	book, err := h.book.At(tree)
	if err != nil {
		return nil, err
	}
	h.book = book
	for _, entry := range book.Entries(ruler) {
		found[entry.Ref] = entry.Rule
	}
	return found, nil
}

// changed returns the rules that are in one of the commit and its parent alone, or differ between them, in the order of their addresses.
func (h *history) changed(ctx context.Context, commit rules.Found) (refs []rules.Ref, err error) {
	ruler := commit.Trailer("Ruler")
	before, err := h.at(ctx, commit.Parent, ruler)
	if err != nil {
		return nil, err
	}
	after, err := h.at(ctx, commit.Revision, ruler)
	if err != nil {
		return nil, err
	}
	for ref, rule := range before {
		if other, there := after[ref]; !there || !reflect.DeepEqual(rule, other) {
			refs = append(refs, ref)
		}
	}
	for ref := range after {
		if _, there := before[ref]; !there {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b rules.Ref) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Nth, b.Nth))
	})
	return refs, nil
}
