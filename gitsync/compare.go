package gitsync

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// errTooMuch is in the chain of an error about directories that differ in more than is looked at.
var errTooMuch = fmt.Errorf("more than %d entries of directories to be looked at, or %d files", maxEntries, maxFiles)

// differs is how a file differs: what each side has at its path, the zero entry where that is no file.
type differs struct{ before, after object.TreeEntry }

// comparison is what differs between directories of one commit and of others.
type comparison struct {
	objects *objects
	stopped func() error // nil while it may go on
	left    int          // entries that may still be looked at
	differ  map[string]differs
}

// goOn is a comparison, or a listing, that nobody stops.
func goOn() error { return nil }

// compare returns by path what differs between two directories, with the error errTooMuch where that is too much to be looked at. Directories with
// equal hashes are not looked into, so it costs what differs and not what there is. What is below more than 32 directories is passed over, as List does.
func (o *objects) compare(before, after plumbing.Hash) (map[string]differs, error) {
	c := &comparison{o, goOn, maxEntries, map[string]differs{}}
	return c.differ, c.directories(before, after, "")
}

// directories compares what two directories have; at is their path, "" or ending in a slash.
func (c *comparison) directories(before, after plumbing.Hash, at string) error {
	if before == after || strings.Count(at, "/") > maxDepth {
		return nil
	}
	old, err := c.objects.tree(before)
	if err != nil {
		return err
	}
	now, err := c.objects.tree(after)
	if err != nil {
		return err
	}
	old, now = withoutEqualEnds(old, now)
	if c.left -= len(old) + len(now); c.left < 0 {
		return errTooMuch
	}
	if err := c.stopped(); err != nil {
		return err
	}
	was := make(map[string]object.TreeEntry, len(old))
	for _, e := range old {
		was[e.Name] = e
	}
	for _, e := range now {
		if err := c.entries(was[e.Name], e, at+e.Name); err != nil {
			return err
		}
		delete(was, e.Name)
	}
	for name, e := range was {
		if err := c.entries(e, object.TreeEntry{}, at+name); err != nil {
			return err
		}
	}
	return nil
}

// withoutEqualEnds leaves out what two directories both begin with and both end with: nearly everything, as a rule.
func withoutEqualEnds(a, b []object.TreeEntry) (restOfA, restOfB []object.TreeEntry) {
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return a, b
}

// entries compares what two directories have under one name.
func (c *comparison) entries(before, after object.TreeEntry, path string) error {
	if before.Mode == after.Mode && before.Hash == after.Hash {
		return nil
	}
	if isFile(before) || isFile(after) {
		if c.differ[path] = (differs{file(before), file(after)}); len(c.differ) > maxFiles {
			return errTooMuch
		}
	}
	return c.directories(directory(before), directory(after), path+"/")
}

// isFile reports whether e is there and not a directory.
func isFile(e object.TreeEntry) bool { return e.Mode != filemode.Dir && e.Mode != filemode.Empty }

// file returns the entry where it is one of a file, else the zero entry.
func file(e object.TreeEntry) object.TreeEntry {
	if !isFile(e) {
		return object.TreeEntry{}
	}
	return e
}

// directory returns the directory that e is, the zero hash when it is none.
func directory(e object.TreeEntry) plumbing.Hash {
	if e.Mode != filemode.Dir {
		return plumbing.ZeroHash
	}
	return e.Hash
}

// assertPlanned fails unless the written directories differ in exactly the planned files, and those read as planned.
func (o *objects) assertPlanned(before, after plumbing.Hash, files map[string][]byte) error {
	differ, err := o.compare(before, after)
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(differ)) {
		content, planned := files[path]
		if !planned {
			return fmt.Errorf("%s would change and was not planned to", path)
		}
		if entry := differ[path].after; !holds(entry, content) {
			return fmt.Errorf("%s would become %s, which is not what was planned", path, entry.Hash)
		}
	}
	written := &tree{objects: o, root: after}
	for path, content := range files {
		if _, ok := differ[path]; ok {
			continue
		}
		entry, err := written.find(path)
		if errors.Is(err, fs.ErrNotExist) {
			entry, err = object.TreeEntry{}, nil
		}
		if err != nil {
			return err
		}
		if !holds(entry, content) {
			return fmt.Errorf("%s was planned to change and does not", path)
		}
	}
	return nil
}

// holds reports whether a tree entry is a file with this content, or no entry where content is nil.
func holds(e object.TreeEntry, content []byte) bool {
	if content == nil {
		return e.Hash.IsZero()
	}
	return regular(e.Mode) && e.Hash == plumbing.ComputeHash(plumbing.BlobObject, content)
}
