package gitsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/go-git/go-billy/v5"
)

// lockedFile is a guarded file that is open for writing: its content is in memory and its NAME.lock is on the disk.
// Close replaces the file when something was written, and only gives the lock back when nothing was.
type lockedFile struct {
	d       *durable
	name    string
	lock    billy.File
	content []byte
	pos     int64
	dirty   bool
}

// openLocked takes the lock of a guarded file and reads what it holds now.
func (d *durable) openLocked(name string, flag int, perm os.FileMode) (billy.File, error) {
	d.step(StepRefLock)
	lock, err := d.Filesystem.OpenFile(name+".lock", os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		if os.IsExist(err) {
			return nil, fmt.Errorf("%s %w by %s.lock", name, errLocked, name)
		}
		return nil, err
	}
	f := &lockedFile{d: d, name: name, lock: lock}
	if flag&os.O_TRUNC != 0 {
		f.dirty = true
		return f, nil
	}
	if f.content, err = readSmall(d.Filesystem, name); err != nil && !os.IsNotExist(err) {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}

// Name returns the name of the file that is going to be replaced.
func (f *lockedFile) Name() string { return f.name }

// Lock does nothing: the lock file is the lock.
func (f *lockedFile) Lock() error { return nil }

// Unlock does nothing: Close gives the lock back.
func (f *lockedFile) Unlock() error { return nil }

func (f *lockedFile) Write(p []byte) (int, error) {
	if missing := f.pos + int64(len(p)) - int64(len(f.content)); missing > 0 {
		f.content = append(f.content, make([]byte, missing)...)
	}
	n := copy(f.content[f.pos:], p)
	f.pos += int64(n)
	f.dirty = true
	return n, nil
}

func (f *lockedFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.pos)
	f.pos += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

func (f *lockedFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, os.ErrInvalid
	}
	if off >= int64(len(f.content)) {
		return 0, io.EOF
	}
	n := copy(p, f.content[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *lockedFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.pos
	case io.SeekEnd:
		offset += int64(len(f.content))
	}
	if offset < 0 {
		return f.pos, os.ErrInvalid
	}
	f.pos = offset
	return f.pos, nil
}

func (f *lockedFile) Truncate(size int64) error {
	if size < 0 {
		return os.ErrInvalid
	}
	for int64(len(f.content)) < size {
		f.content = append(f.content, 0)
	}
	f.content = f.content[:size]
	f.dirty = true
	return nil
}

// Close replaces the file: write, fsync, rename, fsync of the directory. Until the rename the old content stands and a
// failure gives the lock back.
func (f *lockedFile) Close() error {
	if !f.dirty {
		return f.release()
	}
	f.d.step(StepRefWrite)
	w := &syncedFile{File: f.lock}
	_, err := w.Write(f.content)
	if err := errors.Join(err, w.Close()); err != nil {
		return errors.Join(err, f.d.removeAny(f.name+".lock"))
	}
	f.d.step(StepRefRename)
	if err := f.d.Filesystem.Rename(f.name+".lock", f.name); err != nil {
		return errors.Join(err, f.d.removeAny(f.name+".lock"))
	}
	f.d.step(StepRefSync)
	return f.d.syncDir(path.Dir(f.name))
}

// release gives the lock back and leaves the file as it was.
func (f *lockedFile) release() error {
	return errors.Join(f.lock.Close(), f.d.removeAny(f.name+".lock"))
}

// readSmall reads a file that git keeps small: a ref, HEAD, config, packed-refs (16 MB are 200,000 refs).
func readSmall(fs billy.Basic, name string) ([]byte, error) {
	f, err := fs.Open(name)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, 16<<20))
	return content, errors.Join(err, f.Close())
}
