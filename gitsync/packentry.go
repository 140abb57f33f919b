package gitsync

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// packEntry is an object as it stands in a pack: whole, or as what differs from another one, its base.
type packEntry struct {
	kind plumbing.ObjectType
	size int64         // of what stands there
	base int64         // where the base is, of an OFSDeltaObject
	name plumbing.Hash // of the base, of a REFDeltaObject
}

// inflater reads entries of packs.
type inflater struct {
	in      *bufio.Reader
	out     io.ReadCloser // nil until the first entry
	scratch [2][]byte     // for what is of no use but as the base of the next
}

var inflaters = sync.Pool{New: func() any { return &inflater{in: bufio.NewReaderSize(nil, 4<<10)} }}

// entry reads what stands in a pack between at and end; its content is at most limit bytes, or the error is ErrTooLarge.
func (z *inflater) entry(pack io.ReaderAt, at, end, limit int64) (e packEntry, content []byte, err error) {
	if at < 12 || at >= end {
		return e, nil, fmt.Errorf("%w: no object can be at %d", errPack, at)
	}
	z.in.Reset(io.NewSectionReader(pack, at, end-at))
	if e, err = readEntry(z.in, at); err != nil {
		return e, nil, err
	}
	if e.size > limit {
		return e, nil, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, e.size, limit)
	}
	if z.out == nil {
		z.out, err = zlib.NewReader(z.in)
	} else {
		err = z.out.(zlib.Resetter).Reset(z.in, nil) //nolint:forcetypeassert // the documentation promises it
	}
	if err == nil {
		content, err = readExactly(z.out, e.size)
	}
	if err != nil {
		return e, nil, fmt.Errorf("%w: the object at %d: %w", errPack, at, err)
	}
	return e, content, nil
}

// readExactly reads all of r, which has to be so many bytes: only at its end does zlib tell that they are damaged.
func readExactly(r io.Reader, size int64) ([]byte, error) {
	content := make([]byte, size)
	if _, err := io.ReadFull(r, content); err != nil {
		return nil, err
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("it is longer than the %d bytes that it says: %w", size, err)
	}
	return content, nil
}

// readEntry reads what stands before the content of the entry at a place: its kind and size, as entryHeader writes them, and its base.
func readEntry(in io.ByteReader, at int64) (e packEntry, err error) {
	b, err := in.ReadByte()
	if err != nil {
		return e, err
	}
	e.kind, e.size = plumbing.ObjectType(b>>4&7), int64(b&0x0f)
	for shift := 4; b&0x80 != 0; shift += 7 {
		if b, err = in.ReadByte(); err != nil {
			return e, err
		}
		if shift > 53 {
			return e, fmt.Errorf("%w: an object at %d says that it is endless", errPack, at)
		}
		e.size |= int64(b&0x7f) << shift
	}
	switch e.kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
	case plumbing.OFSDeltaObject:
		var back int64
		if back, err = readBack(in); back <= 0 || back >= at {
			err = errors.Join(err, fmt.Errorf("%w: the object at %d has no base", errPack, at))
		}
		e.base = at - back
	case plumbing.REFDeltaObject:
		for i := range e.name {
			if e.name[i], err = in.ReadByte(); err != nil {
				return e, err
			}
		}
	default:
		err = fmt.Errorf("%w: the object at %d is of the kind %d", errPack, at, e.kind)
	}
	return e, err
}

// readBack reads how far before its delta a base stands: seven bits a byte, the highest first, and one more for each byte but the last.
func readBack(in io.ByteReader) (back int64, err error) {
	for range 9 {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		back = back<<7 | int64(b&0x7f)
		if b&0x80 == 0 {
			return back, nil
		}
		back++
	}
	return 0, nil
}
