package gitsync

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing"
)

// branchOff is the commits that lead to one commit and to none of some others.
type branchOff struct {
	walk    *walk
	commits []*node // parents before children
	related bool    // both sides have a commit in common
}

// beyond returns the commits that lead to tip and to none of bases. Zero hashes have no commits.
func (o *objects) beyond(ctx context.Context, tip plumbing.Hash, bases ...plumbing.Hash) (*branchOff, error) {
	w, err := newWalk(o)
	if err != nil || tip.IsZero() {
		return &branchOff{walk: w}, err
	}
	commits, err := w.between(ctx, tip, everything, bases...)
	if err != nil {
		return nil, err
	}
	related := w.nodes[tip].old
	for _, n := range commits {
		for _, parent := range n.parents {
			related = related || w.nodes[parent].old
		}
	}
	return &branchOff{w, commits, related}, nil
}

// leads reports whether a commit is tip or leads to it. The zero hash leads to everything, and nothing else to it.
func (o *objects) leads(ctx context.Context, commit, tip plumbing.Hash) (bool, error) {
	if commit == tip || commit.IsZero() {
		return true, nil
	}
	if tip.IsZero() {
		return false, nil
	}
	missing, err := o.beyond(ctx, commit, tip)
	return err == nil && len(missing.commits) == 0, err
}

// has reports whether a commit is in the repository.
func (o *objects) has(commit plumbing.Hash) bool {
	_, err := o.get(plumbing.CommitObject, commit, maxMessage)
	return err == nil
}
