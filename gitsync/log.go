package gitsync

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// Log implements rules.Store. Failures to read are *rules.Error of kind Unavailable.
func (r *Rulebook) Log(ctx context.Context, from, to string, visit func(rules.PastCommit) error) error {
	commits, err := r.between(ctx, plumbing.NewHash(from), plumbing.NewHash(to))
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Errorf("%s or %s: %w", from, to, fs.ErrNotExist)
	}
	if err != nil {
		return unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	for _, commit := range commits {
		past, err := r.past(commit)
		if err != nil {
			return unavailable(err, "the commit %s of the rulebook %s cannot be read", commit.Hash, r.dir)
		}
		if err := visit(past); err != nil {
			return err
		}
	}
	return nil
}

// between returns the commits that lead to one commit and not to another, the oldest first.
func (r *Rulebook) between(ctx context.Context, from, to plumbing.Hash) ([]*object.Commit, error) {
	known := map[plumbing.Hash]bool{} // hash → it leads to from
	var next newestFirst
	wanted := 0
	visit := func(hash plumbing.Hash, old bool) error {
		was, seen := known[hash]
		if hash.IsZero() || seen && (was || !old) {
			return nil
		}
		known[hash] = old
		if seen {
			wanted--
			return nil
		}
		commit, err := r.objects.commit(hash)
		if err != nil {
			return err
		}
		if !old {
			wanted++
		}
		heap.Push(&next, commit)
		return ctx.Err()
	}
	if err := errors.Join(visit(from, true), visit(to, false)); err != nil {
		return nil, err
	}
	var found []*object.Commit
	for next.Len() > 0 && wanted > 0 {
		commit := heap.Pop(&next).(*object.Commit) //nolint:forcetypeassert // nothing else is pushed
		if !known[commit.Hash] {
			wanted--
			found = append(found, commit)
		}
		for _, parent := range commit.ParentHashes {
			if err := visit(parent, known[commit.Hash]); err != nil {
				return nil, err
			}
		}
	}
	slices.Reverse(found)
	return found, nil
}

// past returns a commit with the files in which it differs from every parent.
func (r *Rulebook) past(commit *object.Commit) (rules.PastCommit, error) {
	past := rules.PastCommit{
		Found:  rules.Found{Revision: commit.Hash.String(), Trailers: Trailers(commit.Message)},
		Author: rules.Person{Name: commit.Author.Name, Email: commit.Author.Email},
		When:   commit.Committer.When,
	}
	past.Subject, _, _ = strings.Cut(commit.Message, "\n")
	roots := make([]plumbing.Hash, 0, len(commit.ParentHashes))
	for _, hash := range commit.ParentHashes {
		parent, err := r.objects.commit(hash)
		if err != nil {
			return past, err
		}
		past.Parents = append(past.Parents, hash.String())
		roots = append(roots, parent.TreeHash)
	}
	if len(roots) == 0 {
		roots = append(roots, plumbing.ZeroHash)
	} else {
		past.Parent = past.Parents[0]
	}
	var differ map[string]object.TreeEntry
	for _, root := range roots {
		these := map[string]object.TreeEntry{}
		if err := r.objects.compare(root, commit.TreeHash, "", these); err != nil {
			return past, err
		}
		if differ == nil {
			differ = these
		}
		maps.DeleteFunc(differ, func(path string, _ object.TreeEntry) bool { _, both := these[path]; return !both })
	}
	first := &tree{objects: r.objects, root: roots[0]}
	for _, path := range slices.Sorted(maps.Keys(differ)) {
		file := rules.PastFile{Path: path}
		if before, err := first.find(path); err == nil {
			file.Before = before.Hash.String()
		} else if !errors.Is(err, fs.ErrNotExist) {
			return past, err
		}
		if after := differ[path]; !after.Hash.IsZero() {
			file.After = after.Hash.String()
		}
		past.Files = append(past.Files, file)
	}
	return past, nil
}
