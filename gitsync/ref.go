package gitsync

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// errMoved means that the branch does not stand where the update was planned: another writer was faster.
var errMoved = errors.New("the branch has moved")

// readRef returns where a branch stands, the zero hash when it does not exist. An empty or damaged loose ref is an error,
// as it is to git; go-git would fall back to an older value in packed-refs (go-git#2399).
func readRef(fs billy.Filesystem, name plumbing.ReferenceName) (plumbing.Hash, error) {
	loose, err := readSmall(fs, name.String())
	if err == nil {
		text := strings.TrimSpace(string(loose))
		if !plumbing.IsHash(text) {
			return plumbing.ZeroHash, unavailable(nil, "%s is damaged: %q is not a commit's hash. %s", name, text, mendRef(name))
		}
		return plumbing.NewHash(text), nil
	}
	if !os.IsNotExist(err) {
		return plumbing.ZeroHash, err
	}
	packed, err := dotgit.New(fs).Ref(name)
	if errors.Is(err, plumbing.ErrReferenceNotFound) {
		return plumbing.ZeroHash, nil
	}
	if err != nil {
		return plumbing.ZeroHash, err
	}
	return packed.Hash(), nil
}

// moveRef moves a ref from one commit to another, durably, under git's own lock; from zero makes it. It fails with errLocked or
// errMoved when another writer is at it or was faster; then, as with every failure before the rename, the ref stands as it was.
func moveRef(fs *durable, name plumbing.ReferenceName, from, to plumbing.Hash) error {
	f, err := fs.OpenFile(name.String(), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	now, err := readRef(fs, name)
	if err == nil && now != from {
		err = errMoved
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Truncate(0); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Write([]byte(to.String() + "\n")); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// deleteRef removes a ref that stands at from, durably, under git's own locks: that of the ref and, where it is packed as well, that of
// packed-refs, out of which it goes first, so that a crash cannot bring an older value back. It fails as moveRef does.
func deleteRef(fs *durable, name plumbing.ReferenceName, from plumbing.Hash) error {
	lock, err := fs.OpenFile(name.String(), os.O_RDWR|os.O_CREATE, 0o666) // nothing is written to it, so Close only unlocks
	if err != nil {
		return err
	}
	now, err := readRef(fs, name)
	if err == nil && now != from {
		err = errMoved
	}
	if err == nil {
		err = unpackRef(fs, name)
	}
	if err == nil {
		err = fs.removeAny(name.String())
	}
	if err == nil {
		err = fs.syncDir(path.Dir(name.String()))
	}
	return errors.Join(err, lock.Close())
}

// unpackRef takes a ref out of packed-refs.
func unpackRef(fs *durable, name plumbing.ReferenceName) error {
	packed, err := readSmall(fs, "packed-refs")
	if os.IsNotExist(err) || err == nil && !bytes.Contains(packed, []byte(" "+name.String()+"\n")) {
		return nil
	}
	f, err := fs.OpenFile("packed-refs", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return err
	}
	packed, err = io.ReadAll(f)
	if err != nil {
		return errors.Join(err, f.Close())
	}
	var kept []byte
	dropped := false
	for line := range bytes.Lines(packed) {
		if dropped = bytes.HasSuffix(line, []byte(" "+name.String()+"\n")) || dropped && line[0] == '^'; !dropped {
			kept = append(kept, line...)
		}
	}
	if err := f.Truncate(0); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Write(kept); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}
