package gitsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-billy/v5"
)

// errLocked means that somebody else holds the lock file of a ref or of HEAD, packed-refs, config or shallow.
var errLocked = errors.New("is locked")

// durable is a file system below go-git that makes writing crash-safe:
//
//   - refs, HEAD, packed-refs, config and shallow are never written in place: they go to NAME.lock, made exclusively as
//     git itself does it, which is fsynced and renamed when it is closed;
//   - any other file is on the disk when Close returns nil;
//   - a rename and a new directory are on the disk when the call returns nil.
//
// A file that met a write error never reaches its name.
type durable struct {
	billy.Filesystem
	step func(string)
}

// guarded reports whether git's lock protocol protects the file.
func guarded(name string) bool {
	switch name {
	case "HEAD", "packed-refs", "config", "shallow":
		return true
	}
	return strings.HasPrefix(name, "refs/")
}

// Create makes or empties a file.
func (d *durable) Create(name string) (billy.File, error) {
	return d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

// OpenFile opens a file; for a guarded one that is to be written it takes the lock, or fails with errLocked.
func (d *durable) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) == 0 {
		return d.Filesystem.OpenFile(name, flag, perm)
	}
	name = path.Clean(name)
	if flag&os.O_CREATE != 0 {
		if err := d.MkdirAll(path.Dir(name), 0o777); err != nil {
			return nil, err
		}
	}
	if guarded(name) {
		return d.openLocked(name, flag, perm)
	}
	f, err := d.Filesystem.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return &syncedFile{File: f}, nil
}

// TempFile makes a file with a name of its own.
func (d *durable) TempFile(dir, prefix string) (billy.File, error) {
	f, err := d.Filesystem.TempFile(dir, prefix)
	if err != nil {
		return nil, err
	}
	return &syncedFile{File: f}, nil
}

// Chmod changes a file's mode; go-git makes its objects read-only with it.
func (d *durable) Chmod(name string, mode os.FileMode) error {
	fs, ok := d.Filesystem.(billy.Chmod)
	if !ok {
		return billy.ErrNotSupported
	}
	return fs.Chmod(name, mode)
}

// Rename renames a file and makes that last.
func (d *durable) Rename(from, to string) error {
	dir := path.Dir(path.Clean(to))
	if err := d.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := d.Filesystem.Rename(from, to); err != nil {
		return err
	}
	return d.syncDir(dir)
}

// MkdirAll makes a directory and its parents and makes them last.
func (d *durable) MkdirAll(dir string, perm os.FileMode) error {
	dir = path.Clean(dir)
	if dir == "." || dir == "/" {
		return nil
	}
	if info, err := d.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := d.MkdirAll(path.Dir(dir), perm); err != nil {
		return err
	}
	if err := d.Filesystem.MkdirAll(dir, perm); err != nil {
		return err
	}
	return d.syncDir(path.Dir(dir))
}

// syncDir fsyncs a directory: what was made, renamed or removed in it lasts.
func (d *durable) syncDir(dir string) error {
	f, err := d.Filesystem.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(fsync(f), f.Close())
}

// removeAny removes a file that may be gone already.
func (d *durable) removeAny(name string) error {
	if err := d.Remove(name); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}

// fsync forces what was written to f to the disk.
func fsync(f billy.File) error {
	s, ok := f.(interface{ Sync() error })
	if !ok {
		return fmt.Errorf("%s: %w: fsync", f.Name(), billy.ErrNotSupported)
	}
	return s.Sync()
}

// syncedFile is fsynced when it is closed, and cannot be closed without error once a write failed.
type syncedFile struct {
	billy.File
	failed error
}

func (f *syncedFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		f.failed = err
	}
	return n, err
}

func (f *syncedFile) Close() error {
	if f.failed == nil {
		f.failed = fsync(f.File)
	}
	return errors.Join(f.failed, f.File.Close())
}
