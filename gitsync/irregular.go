package gitsync

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// maxTold is how much that is not read in one directory is told of one by one.
const maxTold = 10_000

// Irregular returns what a commit, given by its full hash, has below directories that is not read and that no ruler's directory should have:
// symbolic links, submodules, names that no honest program writes or that stand in a directory twice, and directories that are too deep, too large or
// hold too much; sorted by path. Of a directory with more than 10,000 of these only that is told. What stands at the place
// of such a directory, or of one above it, and is none, is told too; that there is nothing is not. It is not told of files that are too large:
// reading says that of each. fs.ErrNotExist when the rulebook has no such commit; other failures are *rules.Error of kind
// Unavailable.
func (r *Rulebook) Irregular(ctx context.Context, revision string, dirs []string) ([]rules.Problem, error) {
	if revision == "" {
		return nil, nil
	}
	at, err := r.At(ctx, revision)
	if err != nil {
		return nil, err
	}
	t := at.(*tree) //nolint:forcetypeassert // ours
	var found []rules.Problem
	for _, dir := range dirs {
		at, err := t.directory(dir, &found)
		var here []rules.Problem
		if err == nil && !at.IsZero() {
			err = t.objects.list(ctx.Err, at, dir, func(string, object.TreeEntry) {}, func(p rules.Problem) {
				if len(here) <= maxTold {
					here = append(here, p)
				}
			})
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			return nil, unavailable(err, "the rulebook cannot be read below %q", dir)
		}
		if len(here) > maxTold {
			here = []rules.Problem{{Path: dir, Text: fmt.Sprintf("there are more than %d entries here that are not read, as symbolic links are not", maxTold)}}
		}
		found = append(found, here...)
	}
	slices.SortFunc(found, func(p, q rules.Problem) int { return strings.Compare(p.Path, q.Path) })
	return slices.Compact(found), nil
}

// directory returns what is in a directory; the zero hash when there is none. Something else at its place, or above it, is added to found.
func (t *tree) directory(dir string, found *[]rules.Problem) (plumbing.Hash, error) {
	for end := range len(dir) + 1 {
		if end < len(dir) && dir[end] != '/' {
			continue
		}
		entry, err := t.find(dir[:end])
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return plumbing.ZeroHash, nil
		case errors.Is(err, ErrTooLarge):
			*found = append(*found, rules.Problem{Path: dir[:max(0, strings.LastIndexByte(dir[:end], '/'))], Text: tooLarge})
			return plumbing.ZeroHash, nil
		case err != nil:
			return plumbing.ZeroHash, err
		case entry.Mode != filemode.Dir:
			*found = append(*found, rules.Problem{Path: dir[:end], Text: cmp.Or(noFile(entry.Mode), "this is a file, and a directory must be here"), Replaced: true})
			return plumbing.ZeroHash, nil
		case end == len(dir):
			return entry.Hash, nil
		}
	}
	return plumbing.ZeroHash, nil
}
