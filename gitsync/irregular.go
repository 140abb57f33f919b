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

	"github.com/alertsmith/alertsmith/rules"
)

// Irregular returns what a commit, given by its full hash, has below directories that is not read and that no ruler's directory should have:
// symbolic links, submodules, names that no honest program writes, and directories that are too deep; sorted by path. What stands at the place
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
		if err == nil && !at.IsZero() {
			err = t.irregular(at, below(dir), &found)
		}
		if err != nil {
			return nil, unavailable(err, "the rulebook cannot be read below %q", dir)
		}
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
		case err != nil:
			return plumbing.ZeroHash, err
		case entry.Mode != filemode.Dir:
			*found = append(*found, rules.Problem{Path: dir[:end], Text: cmp.Or(noFile(entry.Mode), "this is a file, and a directory must be here")})
			return plumbing.ZeroHash, nil
		case end == len(dir):
			return entry.Hash, nil
		}
	}
	return plumbing.ZeroHash, nil
}

// below returns what the paths of all that is in a directory begin with.
func below(dir string) string {
	if dir == "" {
		return ""
	}
	return dir + "/"
}

// noFile says what an entry is that is neither a file nor a directory; "" for one that is.
func noFile(mode filemode.FileMode) string {
	switch mode {
	case filemode.Symlink:
		return "this is a symbolic link, which is not followed: put the file itself here"
	case filemode.Submodule:
		return "this is a submodule, which is not read: put the files themselves here"
	default:
		return ""
	}
}

// writeAnew is how to mend a directory that Git would not have written.
const writeAnew = "commit the directory anew with Git; `git fsck` says more"

// irregular looks at one directory; prefix is its path, "" or ending in a slash.
func (t *tree) irregular(dir plumbing.Hash, prefix string, found *[]rules.Problem) error {
	entries, err := t.objects.entries(dir)
	if err != nil {
		return err
	}
	read := entries.read // what is left of it
	for i, e := range entries.all {
		path, text := prefix+e.Name, noFile(e.Mode)
		isRead := len(read) > 0 && read[0] == e
		if isRead {
			read = read[1:]
		}
		switch {
		case !readable(e.Name):
			path, text = fmt.Sprintf("%s%q", prefix, e.Name), "this name is not one that a file should have; it is not read"
		case !isRead:
			text = "this name stands in the directory twice, and what stands there first is read: " + writeAnew
		case e.Mode == filemode.Dir && strings.Count(path, "/") >= maxDepth:
			text = fmt.Sprintf("this is deeper than %d directories", maxDepth)
		case e.Mode == filemode.Dir:
			if err := t.irregular(e.Hash, path+"/", found); err != nil {
				return err
			}
		}
		if text == "" && i > 0 && i == entries.odd {
			text = "this does not stand where Git looks for it in the directory: Git may not find it, and shows another directory than what is read: " + writeAnew
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
