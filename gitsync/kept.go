package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// Keep has a commit, given by its full hash, stay readable that the branch may have lost: a ref leads to it, unless the branch or one of those that keep does.
// It returns the refs that keep an earlier one, first, which leads to it, the oldest ref first: that is readable as long as there is one of them.
// The error about a commit that is not there is fs.ErrNotExist; others are *rules.Error of kind Unavailable.
func (r *Rulebook) Keep(ctx context.Context, revision, first string) (refs []string, err error) {
	unlock, err := r.lockWriter(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	hash := plumbing.NewHash(revision)
	if !r.objects.has(hash) {
		return nil, fmt.Errorf("commit %s: %w", revision, fs.ErrNotExist)
	}
	tips, err := r.keptTips()
	if err != nil {
		return nil, err
	}
	there := false
	for _, tip := range tips {
		if there, err = r.objects.leads(ctx, hash, tip); there || err != nil {
			break
		}
	}
	if err == nil && !there {
		_, err = r.keep(ctx, hash, tips[0])
	}
	if err != nil {
		return nil, err
	}
	return r.keptBy(ctx, plumbing.NewHash(first))
}

// keptBy returns the refs that keep a commit, the oldest first.
func (r *Rulebook) keptBy(ctx context.Context, hash plumbing.Hash) (refs []string, err error) {
	kept, err := r.refsBelow(keptRefs)
	if err != nil {
		return nil, unavailable(err, "the refs of the rulebook %s cannot be read: %s", r.dir, textOf(err))
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		leads, err := r.objects.leads(ctx, hash, kept[name])
		if err != nil {
			return nil, err
		}
		if leads {
			refs = append(refs, name.String())
		}
	}
	return refs, nil
}

// Kept returns the commits that the branch does not have any more, that are kept, see keep, and whose hashes begin with some hexadecimal digits, the newest
// branch first and no more than most of them. Nobody vouches for what their messages say: they are as somebody else's. It reads all of them. Failures are
// *rules.Error of kind Unavailable.
func (r *Rulebook) Kept(ctx context.Context, prefix string, most int) (found []rules.PastCommit, err error) {
	tips, err := r.keptTips()
	if err != nil {
		return nil, err
	}
	for i, tip := range tips {
		if i == 0 {
			continue // the branch itself
		}
		only, err := r.objects.beyond(ctx, tip, tips[:i]...)
		if err != nil {
			return nil, unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
		}
		for _, n := range only.commits {
			if !strings.HasPrefix(n.hash.String(), prefix) {
				continue
			}
			past, err := only.walk.past(ctx, n, r.serviceAddress())
			if err != nil {
				return nil, unavailable(err, "the commit %s of the rulebook %s cannot be read", n.hash, r.dir)
			}
			if found = append(found, past.Disowned()); len(found) == most {
				return found, nil
			}
		}
	}
	return found, nil
}

// keptTips returns where the branch stands, and then where those stand that are kept, the newest first.
func (r *Rulebook) keptTips() ([]plumbing.Hash, error) {
	head, err := readRef(r.fs, r.branch)
	kept, keptErr := r.refsBelow(keptRefs)
	if err = errors.Join(err, keptErr); err != nil {
		return nil, unavailable(err, "the refs of the rulebook %s cannot be read: %s", r.dir, textOf(err))
	}
	tips := []plumbing.Hash{head}
	for _, name := range slices.Backward(slices.Sorted(maps.Keys(kept))) {
		tips = append(tips, kept[name])
	}
	return tips, nil
}
