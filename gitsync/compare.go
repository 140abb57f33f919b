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

// compare returns what differs between two directories: path → new entry, the zero entry where the path is gone.
// Directories with equal hashes are not looked into, so it costs what differs and not what there is.
func (o *objects) compare(before, after plumbing.Hash, at string, differ map[string]object.TreeEntry) error {
	if before == after {
		return nil
	}
	old, err := o.tree(before)
	if err != nil {
		return err
	}
	now, err := o.tree(after)
	if err != nil {
		return err
	}
	if len(differ) > maxFiles || strings.Count(at, "/") > maxDepth {
		return fmt.Errorf("more than %d files differ, or some below %d directories", maxFiles, maxDepth)
	}
	old, now = withoutEqualEnds(old, now)
	was := make(map[string]object.TreeEntry, len(old))
	for _, e := range old {
		was[e.Name] = e
	}
	for _, e := range now {
		if err := o.compareEntry(was[e.Name], e, at+e.Name, differ); err != nil {
			return err
		}
		delete(was, e.Name)
	}
	for name, e := range was {
		if err := o.compareEntry(e, object.TreeEntry{}, at+name, differ); err != nil {
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

// compareEntry compares what two directories have under one name.
func (o *objects) compareEntry(before, after object.TreeEntry, path string, differ map[string]object.TreeEntry) error {
	if before.Mode == after.Mode && before.Hash == after.Hash {
		return nil
	}
	if isFile(before) || isFile(after) {
		differ[path] = object.TreeEntry{}
		if isFile(after) {
			differ[path] = after
		}
	}
	return o.compare(directory(before), directory(after), path+"/", differ)
}

// isFile reports whether e is there and not a directory.
func isFile(e object.TreeEntry) bool { return e.Mode != filemode.Dir && e.Mode != filemode.Empty }

// directory returns the directory that e is, the zero hash when it is none.
func directory(e object.TreeEntry) plumbing.Hash {
	if e.Mode != filemode.Dir {
		return plumbing.ZeroHash
	}
	return e.Hash
}

// assertPlanned fails unless the written directories differ in exactly the planned files, and those read as planned.
func (o *objects) assertPlanned(before, after plumbing.Hash, files map[string][]byte) error {
	differ := map[string]object.TreeEntry{}
	if err := o.compare(before, after, "", differ); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(differ)) {
		content, planned := files[path]
		if !planned {
			return fmt.Errorf("%s would change and was not planned to", path)
		}
		if entry := differ[path]; !holds(entry, content) {
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
