package gitsync

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	keptRefs = "refs/alertsmith/kept/"
	maxKept  = 50
)

// keep keeps where the branch stood before it moves away from there to a commit that does not contain it, and returns the name of that ref. Of
// more than maxKept the oldest go, as far as the history that leads to next answers every request in them; where somebody else's commits are
// in them, they stay. The caller has the writer's token.
func (r *Rulebook) keep(ctx context.Context, head, next plumbing.Hash) (string, error) {
	name := plumbing.ReferenceName(fmt.Sprintf("%s%s-%s", keptRefs, time.Now().UTC().Format("20060102T150405.000000000Z"), head.String()[:12]))
	if err := moveRef(r.fs, name, plumbing.ZeroHash, head); err != nil {
		return "", unavailable(err, "the rulebook %s cannot keep where its branch stood", r.dir)
	}
	kept, err := r.refsBelow(keptRefs)
	if err != nil {
		return "", unavailable(err, "the refs of the rulebook %s cannot be read: %s", r.dir, textOf(err))
	}
	if r.sync == nil {
		return name.String(), nil
	}
	names := slices.Sorted(maps.Keys(kept)) // the oldest first
	for _, old := range names[:max(0, len(names)-maxKept)] {
		spare, err := r.isSpare(ctx, kept[old], next)
		if err == nil && spare {
			err = deleteRef(r.fs, old, kept[old])
		}
		if err != nil {
			r.log.Warn("a branch that was kept cannot be removed", "id", "AS3010", "ref", old.String(), "err", err)
		}
	}
	return name.String(), nil
}

// isSpare reports whether all that a kept commit leads to and next does not was done again in what leads to next.
func (r *Rulebook) isSpare(ctx context.Context, kept, next plumbing.Hash) (bool, error) {
	only, err := r.objects.beyond(ctx, kept, next)
	if err != nil {
		return false, err
	}
	for _, n := range only.commits {
		commit, err := r.objects.commit(n.hash)
		if err != nil {
			return false, err
		}
		trailers := Trailers(commit.Message)
		if rules.TrailerOf(trailers, "Request-Id") == "" {
			return false, nil
		}
		if again, err := r.serverAnswered(ctx, next, trailers); err != nil || !again {
			return false, err
		}
	}
	return true, nil
}
