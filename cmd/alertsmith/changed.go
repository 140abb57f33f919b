package main

import (
	"context"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// history reads the rulebook as it was at commits. Files that several of them share are parsed once.
type history struct {
	store *gitsync.Rulebook
	book  *rules.Book // the last that was read; the next takes its parsed files over
}

// at returns the rulebook at a commit, given by its full hash; the empty one for "", which is before the first commit.
func (h *history) at(ctx context.Context, revision string) (*rules.Book, error) {
	if revision == "" {
		return rules.NewBook(h.book.Rulers()), nil
	}
	tree, err := h.store.At(ctx, revision)
	if err != nil {
		return nil, err
	}
	book, err := h.book.At(tree)
	if err == nil {
		h.book = book
	}
	return book, err
}

// changed returns the rules that a commit and its parent have differently, and whether they are paused ones alone.
func (h *history) changed(ctx context.Context, commit rules.Found) (refs []rules.Ref, paused bool, err error) {
	before, err := h.at(ctx, commit.Parent)
	if err != nil {
		return nil, false, err
	}
	after, err := h.at(ctx, commit.Revision)
	if err != nil {
		return nil, false, err
	}
	refs, paused = rules.Changed(before, after, commit.Trailer("Ruler"))
	return refs, paused, nil
}
