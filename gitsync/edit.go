package gitsync

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// edit is what is to be changed below one directory.
type edit struct {
	files map[string]written
	dirs  map[string]*edit
}

// written is what becomes of a file: it has new content, or it is what another directory has; neither removes it.
type written struct {
	content []byte
	entry   object.TreeEntry
}

// newEdit sorts paths into directories. It refuses paths that checkPath refuses, files over 4 MB, and a path that is a file
// and a directory at once.
func newEdit(files map[string]written) (*edit, error) {
	root := &edit{files: map[string]written{}, dirs: map[string]*edit{}}
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if err := checkPath(path); err != nil {
			return nil, err
		}
		if len(files[path].content) > maxFile {
			return nil, &rules.Error{Kind: rules.Invalid, Offset: -1, Text: fmt.Sprintf("the file %s would be larger than 4 MB", path)}
		}
		names := strings.Split(path, "/")
		at := root
		for _, name := range names[:len(names)-1] {
			if at.dirs[name] == nil {
				at.dirs[name] = &edit{files: map[string]written{}, dirs: map[string]*edit{}}
			}
			at = at.dirs[name]
		}
		at.files[names[len(names)-1]] = files[path]
	}
	return root, nil
}

// withContents returns what becomes of files that get these contents; nil removes one.
func withContents(files map[string][]byte) map[string]written {
	become := make(map[string]written, len(files))
	for path, content := range files {
		become[path] = written{content: content}
	}
	return become
}

// builder makes the objects of one commit in memory.
type builder struct {
	objects *objects
	made    []plumbing.EncodedObject
}

// add remembers an object that is to be written, and returns its hash.
func (b *builder) add(encode func(plumbing.EncodedObject) error) (plumbing.Hash, error) {
	o := &plumbing.MemoryObject{}
	if err := encode(o); err != nil {
		return plumbing.ZeroHash, err
	}
	b.made = append(b.made, o)
	return o.Hash(), nil
}

// blob makes a file's object.
func (b *builder) blob(content []byte) plumbing.Hash {
	o := &stored{plain{plumbing.BlobObject, content}, plumbing.ComputeHash(plumbing.BlobObject, content)}
	b.made = append(b.made, o)
	return o.hash
}

// tree makes the directory dir (named at, "" or ending in a slash) with e done to it; the zero hash when nothing is left
// in it. A directory that does not change is not made again.
func (b *builder) tree(dir plumbing.Hash, e *edit, at string) (plumbing.Hash, error) {
	was, err := b.objects.entries(dir)
	if err != nil {
		return plumbing.ZeroHash, err
	}
	old := was.all
	entries := make(map[string]object.TreeEntry, len(old)+len(e.files))
	for _, entry := range old {
		if _, twice := entries[entry.Name]; !twice { // else the first one is read, and the others go as the directory is written anew
			entries[entry.Name] = entry
		}
	}
	for name, becomes := range e.files {
		entry, exists := entries[name]
		switch {
		case exists && entry.Mode == filemode.Dir:
			return plumbing.ZeroHash, rules.Occupied(at+name, "is a directory and cannot be a file as well")
		case e.dirs[name] != nil:
			return plumbing.ZeroHash, &rules.Error{Kind: rules.Conflict, Text: at + name + " is a directory and cannot be a file as well", Offset: -1, Cause: rules.InTheWay{at + name}}
		case exists && !regular(entry.Mode):
			return plumbing.ZeroHash, rules.Occupied(at+name, "is a symbolic link or a submodule, which Alertsmith does not touch")
		case becomes.content == nil && !isFile(becomes.entry):
			delete(entries, name)
			continue
		case !exists:
			entry = object.TreeEntry{Name: name, Mode: filemode.Regular}
		}
		if becomes.content != nil {
			entry.Hash = b.blob(becomes.content)
		} else {
			entry.Mode, entry.Hash = becomes.entry.Mode, becomes.entry.Hash
		}
		entries[name] = entry
	}
	for name, below := range e.dirs {
		entry, exists := entries[name]
		if exists && entry.Mode != filemode.Dir {
			return plumbing.ZeroHash, rules.Occupied(at+name, "is not a directory, so nothing can be written below it")
		}
		hash, err := b.tree(entry.Hash, below, at+name+"/")
		if err != nil {
			return plumbing.ZeroHash, err
		}
		if hash.IsZero() {
			delete(entries, name)
			continue
		}
		entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: hash}
	}
	if len(entries) == 0 && at != "" {
		return plumbing.ZeroHash, nil
	}
	sorted := slices.Collect(maps.Values(entries))
	sort.Sort(object.TreeEntrySorter(sorted))
	if slices.Equal(sorted, old) && !dir.IsZero() {
		return dir, nil
	}
	return b.add((&object.Tree{Entries: sorted}).Encode)
}
