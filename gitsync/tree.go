package gitsync

import (
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxFiles   = 200_000      // that List returns; a small repository can pretend to hold billions ("git bomb")
	maxEntries = 2 * maxFiles // that are looked at for that: directories can hold nothing but directories
	maxDepth   = 32           // directories above a file
)

// ErrTooLarge is in the chain of an error about what is too large to be read: a file over 4 MB.
var ErrTooLarge = rules.ErrTooLarge

// tree is the rulebook at one commit. It implements rules.Tree.
type tree struct {
	objects *objects
	commit  plumbing.Hash // zero: no commit yet
	root    plumbing.Hash // zero: empty
	pushed  time.Duration // how long the Git server took to have it, where an update had to wait for that
}

// Pushed implements rules.Pushed.
func (t *tree) Pushed() time.Duration { return t.pushed }

// Revision returns the commit's full hash, or "" for a rulebook without any commit.
func (t *tree) Revision() string {
	if t.commit.IsZero() {
		return ""
	}
	return t.commit.String()
}

// List returns path → content id of every regular file below dir, recursively. What is no regular file (symlinks,
// submodules), what no honest program writes (see entries), what is deeper than 32 directories and what is behind 200,000 files or 400,000 entries are
// left out: Irregular tells of that. It fails with a *rules.Error of kind Unavailable when the repository cannot be read.
func (t *tree) List(dir string) (map[string]string, error) {
	files := map[string]string{}
	entry, err := t.find(dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrTooLarge) || err == nil && entry.Mode != filemode.Dir {
		return files, nil
	}
	if err == nil {
		err = t.objects.list(goOn, entry.Hash, dir, func(path string, e object.TreeEntry) { files[path] = e.Hash.String() }, func(rules.Problem) {})
	}
	if err != nil {
		return nil, unavailable(err, "the rulebook cannot be read below %q", dir)
	}
	return files, nil
}

// Names implements rules.Namer.
func (t *tree) Names(dir string) (map[string]bool, error) {
	entry, err := t.find(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && entry.Mode != filemode.Dir {
		return nil, nil
	}
	var has entries
	if err == nil {
		has, err = t.objects.entries(entry.Hash)
	}
	if err != nil {
		return nil, unavailable(err, "the rulebook cannot be read at %q", dir)
	}
	names := make(map[string]bool, len(has.all))
	for _, e := range has.all {
		names[e.Name] = true
	}
	return names, nil
}

// Fits implements rules.Fitter: it makes the directories that a commit of these files would have, in memory, and drops them.
func (t *tree) Fits(files map[string][]byte) error {
	planned, err := newEdit(withContents(files))
	if err != nil {
		return err
	}
	_, err = (&builder{objects: t.objects}).tree(t.root, planned, "")
	if _, ours := errors.AsType[*rules.Error](err); err != nil && !ours {
		return unavailable(err, "the rulebook cannot be read")
	}
	return err
}

// Read returns a file's bytes, which the caller must not change. It fails with fs.ErrNotExist when there is no regular
// file, and with a *rules.Error of kind Unavailable that names the file when it is larger than 4 MB or cannot be read.
func (t *tree) Read(path string) ([]byte, error) {
	entry, err := t.find(path)
	if err == nil && !regular(entry.Mode) {
		err = fs.ErrNotExist
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrNotExist}
	}
	var content []byte
	if err == nil {
		content, err = t.objects.blob(entry.Hash)
	}
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, unavailable(err, "the file %s is larger than 4 MB and is not read", path)
	case err != nil:
		return nil, unavailable(err, "the file %s cannot be read from the rulebook", path)
	}
	return content, nil
}

// find returns the entry at path; fs.ErrNotExist when there is none, ErrTooLarge when a directory above it is too large. The root's path is "".
func (t *tree) find(path string) (object.TreeEntry, error) {
	at := object.TreeEntry{Mode: filemode.Dir, Hash: t.root}
	if path == "" {
		return at, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		if at.Mode != filemode.Dir {
			return at, fs.ErrNotExist
		}
		entries, err := t.objects.entries(at.Hash)
		if err != nil {
			return at, err
		}
		entry, found := entries.find(name)
		if !found {
			return at, fs.ErrNotExist
		}
		at = entry
	}
	return at, nil
}

// regular reports whether a tree entry is a file with bytes of its own.
func regular(m filemode.FileMode) bool {
	return m == filemode.Regular || m == filemode.Executable || m == filemode.Deprecated
}
