package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// scanned is what is in a directory that is to be imported.
type scanned struct {
	files   map[string][]byte // rule files by their path below it, with slashes
	others  []string          // visible files whose names are not those of rule files
	skipped []leftOut         // files with names of rule files that cannot be imported
}

// leftOut is a file that is not imported, and why.
type leftOut struct {
	place string // its path, with :line where that is known
	why   string
}

// scan reads every rule file below a directory. No symbolic link below it is followed. What is hidden is left out, as rulers' files are
// never. into is where the files would go in the rulebook, "" or ending in a slash. An error means that something could not be read.
func scan(dir, into string) (found scanned, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return found, err
	}
	defer func() { _ = root.Close() }() // nothing was written
	found.files = map[string][]byte{}
	err = fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
		switch {
		case err != nil:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case hidden || entry.IsDir():
		case !isRuleFile(name):
			found.others = append(found.others, name)
		default:
			return found.add(root, name, into, entry.Type())
		}
		return nil
	})
	return found, err
}

// add reads one file.
func (s *scanned) add(root *os.Root, name, into string, kind fs.FileMode) error {
	skip := func(why string) error {
		s.skipped = append(s.skipped, leftOut{filepath.Join(root.Name(), filepath.FromSlash(name)), why})
		return nil
	}
	switch {
	case kind&fs.ModeSymlink != 0:
		return skip("it is a symbolic link; import what it leads to, where that is")
	case !kind.IsRegular():
		return skip("it is no regular file")
	}
	if err := gitsync.CheckPath(into + name); err != nil {
		return skip(err.Error())
	}
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(file, expr.MaxFile+1))
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if len(content) > expr.MaxFile {
		return skip(fmt.Sprintf("it is larger than the %d bytes that a rule file may have", expr.MaxFile))
	}
	s.files[name] = content
	return nil
}
