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

// first returns the first of some commits that do not lead to seen, at most so many; all of them where they cannot be parted: only what leads on from
// seen may be pushed there, and the side branch of a merge need not.
func (o *objects) first(ctx context.Context, seen plumbing.Hash, ours *branchOff, most int) (*branchOff, error) {
	if len(ours.commits) <= most {
		return ours, nil
	}
	for i := most - 1; i >= 0; i-- {
		tip := ours.commits[i].hash
		if on, err := o.leads(ctx, seen, tip); err != nil {
			return nil, err
		} else if on {
			return o.beyond(ctx, tip, seen)
		}
	}
	return ours, nil
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
