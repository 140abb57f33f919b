package gitsync

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
)

// stored is an object that was read. It implements plumbing.EncodedObject, without what writes: go-git's own would hash each object once more
// and copy it.
type stored struct {
	plain
	hash plumbing.Hash
}

// Hash implements plumbing.EncodedObject.
func (s *stored) Hash() plumbing.Hash { return s.hash }

// Type implements plumbing.EncodedObject.
func (s *stored) Type() plumbing.ObjectType { return s.kind }

// SetType implements plumbing.EncodedObject; it does nothing.
func (*stored) SetType(plumbing.ObjectType) {}

// Size implements plumbing.EncodedObject.
func (s *stored) Size() int64 { return int64(len(s.content)) }

// SetSize implements plumbing.EncodedObject; it does nothing.
func (*stored) SetSize(int64) {}

// Reader implements plumbing.EncodedObject.
func (s *stored) Reader() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(s.content)), nil
}

// Writer implements plumbing.EncodedObject; it fails.
func (*stored) Writer() (io.WriteCloser, error) { return nil, errors.ErrUnsupported }

// contentOf returns an object's content, which nobody may change.
func contentOf(o plumbing.EncodedObject) ([]byte, error) {
	if s, ok := o.(*stored); ok {
		return s.content, nil
	}
	r, err := o.Reader()
	if err != nil {
		return nil, err
	}
	content := make([]byte, o.Size())
	_, err = io.ReadFull(r, content)
	return content, errors.Join(err, r.Close())
}

// loose reads an object of at most limit bytes that is in a file of its own; plumbing.ErrObjectNotFound when there is none.
func (d *durable) loose(hash plumbing.Hash, limit int64) (object plain, err error) {
	name := hash.String()
	f, err := d.Open(path.Join("objects", name[:2], name[2:]))
	if os.IsNotExist(err) {
		return object, plumbing.ErrObjectNotFound
	}
	if err != nil {
		return object, err
	}
	defer f.Close() //nolint:errcheck // it was only read from
	r, err := objfile.NewReader(f)
	if err != nil {
		return object, err
	}
	defer r.Close() //nolint:errcheck // it was only read from
	kind, size, err := r.Header()
	if err != nil {
		return object, err
	}
	if size > limit {
		return object, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, size, limit)
	}
	if object.content, err = readExactly(r, size); err != nil {
		return object, err
	}
	object.kind = kind
	return object, object.check(hash)
}
