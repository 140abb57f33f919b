package gitsync

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// listing goes through a directory and all that is below it, in the order that the entries stand in. List and Irregular both take it, so that
// what the one leaves out the other tells of.
type listing struct {
	objects *objects
	stopped func() error                              // nil while it may go on
	file    func(path string, entry object.TreeEntry) // is told of each regular file that is read
	other   func(rules.Problem)                       // and of what is not read, though a person may think so
	entries int                                       // that were looked at
	files   int
}

// list goes through the directory that has the path at. Where that holds too much, the rest of it is passed over, and other is told of the directory.
func (o *objects) list(stopped func() error, dir plumbing.Hash, at string, file func(string, object.TreeEntry), other func(rules.Problem)) error {
	l := &listing{objects: o, stopped: stopped, file: file, other: other}
	err := l.directory(dir, at)
	if errors.Is(err, errTooMuch) {
		l.notRead(at, fmt.Sprintf("there are more than %d files or %d entries here: those behind are not read", maxFiles, maxEntries))
		return nil
	}
	return err
}

// notRead tells of what is not read.
func (l *listing) notRead(path, why string) { l.other(rules.Problem{Path: path, Text: why}) }

// directory goes through one directory.
func (l *listing) directory(dir plumbing.Hash, at string) error {
	if err := l.stopped(); err != nil {
		return err
	}
	has, err := l.objects.entries(dir)
	if errors.Is(err, ErrTooLarge) {
		l.notRead(at, tooLarge)
		return nil
	}
	if err != nil {
		return err
	}
	prefix := below(at)
	read := has.read // what is left of it
	for i, e := range has.all {
		path := prefix + e.Name
		if l.entries++; l.entries > maxEntries || l.files == maxFiles && regular(e.Mode) {
			return errTooMuch
		}
		isRead := len(read) > 0 && read[0] == e
		if isRead {
			read = read[1:]
		}
		switch {
		case !readable(e.Name):
			path = fmt.Sprintf("%s%q", prefix, e.Name)
			l.notRead(path, "this name is not one that a file should have; it is not read")
		case !isRead:
			l.notRead(path, "this name stands in the directory twice, and what stands there first is read: "+writeAnew)
		case i > 0 && i == has.odd:
			l.notRead(path, "this does not stand where Git looks for it in the directory: Git may not find it, and shows another directory than what is read: "+writeAnew)
		}
		switch {
		case !isRead:
		case e.Mode == filemode.Dir && strings.Count(path, "/") >= maxDepth:
			l.notRead(path, fmt.Sprintf("this is deeper than %d directories", maxDepth))
		case e.Mode == filemode.Dir:
			if err := l.directory(e.Hash, path); err != nil {
				return err
			}
		case regular(e.Mode):
			l.files++
			l.file(path, e)
		default:
			l.other(rules.Problem{Path: path, Text: noFile(e.Mode), Replaced: true})
		}
	}
	return nil
}

// tooLarge says that a directory is over 16 MB.
const tooLarge = "this directory has more entries than are read"

// writeAnew is how to mend a directory that Git would not have written.
const writeAnew = "commit the directory anew with Git; `git fsck` says more"

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
