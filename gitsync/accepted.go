package gitsync

import (
	"context"

	"github.com/go-git/go-git/v5/plumbing"
)

// acceptedRef leads to the commit that Options.AcceptRewritten has accepted: that stands in a configuration file, and accepts once. A start with another one, or
// with none, forgets it.
const acceptedRef plumbing.ReferenceName = "refs/alertsmith/accepted"

// loadAccepted reads whether what an operator accepts was accepted already, and is used up.
func (r *Rulebook) loadAccepted() error {
	s := r.sync
	used, err := readRef(r.fs, acceptedRef)
	if err != nil || used.IsZero() {
		return err
	}
	if s.accept == used.String() {
		s.accept, s.used = "", used
		return nil
	}
	return deleteRef(r.fs, acceptedRef, used)
}

// useUp notes, durably, that what an operator accepts is used up, once the server's branch has it. The caller has the writer's token.
func (r *Rulebook) useUp(ctx context.Context, tip plumbing.Hash) error {
	s := r.sync
	accepted := plumbing.NewHash(s.accept)
	if accepted.IsZero() || !r.objects.has(accepted) {
		return nil
	}
	there, err := r.objects.leads(ctx, accepted, tip)
	if err != nil || !there {
		return err
	}
	was, err := readRef(r.fs, acceptedRef)
	if err == nil && was != accepted {
		err = moveRef(r.fs, acceptedRef, was, accepted)
	}
	if err != nil {
		return unavailable(err, "the rulebook %s cannot note that `git.accept_rewritten` is used up", r.dir)
	}
	s.accept, s.used = "", accepted
	return nil
}
