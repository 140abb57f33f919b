package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// diskTree is rule files of a disk as a tree that a book is made of. A book takes rule files by their names alone, and no hidden ones; here
// they were named by a person, so they stand in the tree under names that it takes.
type diskTree struct {
	contents map[string][]byte // by the name in the tree; nil when it is too large
	files    map[string]string // name in the tree → name as it was given
	order    map[string]int    // of the names as they were given
}

// readDiskTree reads files, which stand in the tree where the rulers look for them. The error joins what could not be read; the others are in
// the tree.
func readDiskTree(ctx context.Context, files []string, readers readers) (tree diskTree, err error) {
	tree = diskTree{map[string][]byte{}, map[string]string{}, map[string]int{}}
	for i, file := range files {
		if ctx.Err() != nil {
			return tree, ctx.Err()
		}
		content, readErr := readRuleFile(file)
		if readErr != nil {
			err = errors.Join(err, readErr)
			continue
		}
		name := tree.nameFor(file, readers)
		tree.contents[name], tree.files[name], tree.order[file] = content, file, i
	}
	return tree, err
}

// readRuleFile returns a file's content, nil when it is too large to be a rule file.
func readRuleFile(file string) ([]byte, error) {
	if info, err := os.Stat(file); err != nil {
		return nil, err
	} else if info.Size() > expr.MaxFile {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if content == nil {
		content = []byte{}
	}
	return content, err
}

// nameFor returns a name for a file that a book takes for a rule file's: its own where it lies in a rulebook.
func (t diskTree) nameFor(file string, readers readers) string {
	if path, placed := readers.place(file); placed && isRuleFile(path) && t.files[path] == "" && !strings.Contains("/"+path, "/.") {
		return path
	}
	elements := strings.Split(strings.TrimPrefix(filepath.ToSlash(filepath.Clean(file)), "/"), "/")
	for i, element := range elements {
		if strings.HasPrefix(element, ".") {
			elements[i] = "_" + element
		}
	}
	name := strings.Join(elements, "/")
	if !isRuleFile(name) {
		name += ".yaml"
	}
	name = path.Join(unplaced, name)
	for t.files[name] != "" {
		name += ".yaml"
	}
	return name
}

// Revision implements rules.Tree.
func (diskTree) Revision() string { return "" }

// List implements rules.Tree. No two files have one id: none is compared with another.
func (t diskTree) List(string) (map[string]string, error) { return t.files, nil }

// Read implements rules.Tree.
func (t diskTree) Read(path string) ([]byte, error) {
	content, found := t.contents[path]
	switch {
	case !found:
		return nil, fs.ErrNotExist
	case content == nil:
		return nil, rules.ErrTooLarge
	}
	return content, nil
}

// file returns the name as it was given.
func (t diskTree) file(name string) string { return t.files[name] }

// compare orders findings by their place, and files as they were given.
func (t diskTree) compare(a, b placedFinding) int {
	return cmp.Or(t.order[a.File]-t.order[b.File], a.Line-b.Line, a.Column-b.Column)
}
