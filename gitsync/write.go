package gitsync

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
	"golang.org/x/sync/errgroup"
)

// write writes loose objects; all of them are on the disk when it returns nil. They are written side by side, because
// then the disk's journal takes their fsyncs together.
func (d *durable) write(all []plumbing.EncodedObject) error {
	var group errgroup.Group
	group.SetLimit(16)
	for _, o := range all {
		group.Go(func() error { return d.writeLoose(o) })
	}
	return group.Wait()
}

// writeLoose writes one object, also when it is there already: that one may be torn or not on the disk, or old enough for a
// running `git gc` to remove it.
func (d *durable) writeLoose(o plumbing.EncodedObject) error {
	hash := o.Hash().String()
	dir := path.Join("objects", hash[:2])
	temporary := path.Join(dir, "tmp_obj_"+rand.Text()) // `git prune` removes what a crash leaves under such names
	f, err := d.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	for again := 0; os.IsNotExist(err) && again < maxLooks; again++ { // `git gc` removed the empty directory
		f, err = d.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	}
	if err != nil {
		return err
	}
	err = errors.Join(encodeLoose(f, o), f.Close())
	if err == nil {
		err = d.Rename(temporary, path.Join(dir, hash[2:]))
	}
	if err != nil {
		return errors.Join(err, d.removeAny(temporary))
	}
	return nil
}

// encodeLoose writes an object as loose object files hold it.
func encodeLoose(f io.Writer, o plumbing.EncodedObject) error {
	w := objfile.NewWriter(f)
	if err := w.WriteHeader(o.Type(), o.Size()); err != nil {
		return err
	}
	r, err := o.Reader()
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		return errors.Join(err, r.Close())
	}
	return errors.Join(r.Close(), w.Close())
}
