package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"

	"github.com/alertsmith/alertsmith/rules"
)

// Irregular returns what a commit, given by its full hash, has below directories that is not read and that no ruler's directory should have:
// symbolic links, submodules, names that no honest program writes, and directories that are too deep; sorted by path. It is not told of files
// that are too large: reading says that of each. fs.ErrNotExist when the rulebook has no such commit; other failures are *rules.Error of kind
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
		entry, err := t.find(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		prefix := ""
		if dir != "" {
			prefix = dir + "/"
		}
		if err == nil && entry.Mode == filemode.Dir {
			err = t.irregular(entry.Hash, prefix, &found)
		}
		if err != nil {
			return nil, unavailable(err, "the rulebook cannot be read below %q", dir)
		}
	}
	slices.SortFunc(found, func(p, q rules.Problem) int { return strings.Compare(p.Path, q.Path) })
	return slices.Compact(found), nil
}

// irregular looks at one directory; prefix is its path, "" or ending in a slash.
func (t *tree) irregular(dir plumbing.Hash, prefix string, found *[]rules.Problem) error {
	entries, err := t.objects.tree(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path, text := prefix+e.Name, ""
		switch {
		case !readable(e.Name):
			path, text = fmt.Sprintf("%s%q", prefix, e.Name), "this name is not one that a file should have; it is not read"
		case e.Mode == filemode.Symlink:
			text = "this is a symbolic link, which is not followed: put the file itself here"
		case e.Mode == filemode.Submodule:
			text = "this is a submodule, which is not read: put the files themselves here"
		case e.Mode == filemode.Dir && strings.Count(path, "/") >= maxDepth:
			text = fmt.Sprintf("this is deeper than %d directories", maxDepth)
		case e.Mode == filemode.Dir:
			if err := t.irregular(e.Hash, path+"/", found); err != nil {
				return err
			}
		}
		if text != "" {
			*found = append(*found, rules.Problem{Path: path, Text: text})
		}
		if len(*found) > maxFiles {
			return fmt.Errorf("there are more than %d entries that are no files", maxFiles)
		}
	}
	return nil
}
