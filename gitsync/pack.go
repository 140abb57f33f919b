package gitsync

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // what packs are sealed with
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
)

// pack is a packfile (version 2) and its index (version 2), as they are on the disk.
type pack struct {
	name        string // without suffix
	data, index []byte
}

// deflaters holds *zlib.Writer, which take a megabyte each.
var deflaters = sync.Pool{New: func() any {
	w, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed) // which is a level
	return w
}}

// newPack packs objects, of which none may be there twice; where it is much shorter, as the difference from one that stands before.
func newPack(objects []plumbing.EncodedObject) (*pack, error) {
	var data, index bytes.Buffer
	var entries idxfile.Writer
	data.WriteString("PACK")
	_ = binary.Write(&data, binary.BigEndian, [2]uint32{2, uint32(len(objects))})
	if err := entries.OnHeader(uint32(len(objects))); err != nil {
		return nil, err
	}
	deflate := deflaters.Get().(*zlib.Writer) //nolint:forcetypeassert // nothing else is put there
	defer deflaters.Put(deflate)
	var last []packedObject
	for _, o := range objects {
		content, err := contentOf(o)
		if err != nil {
			return nil, err
		}
		at, packed := data.Len(), packedObject{hash: o.Hash(), kind: o.Type(), content: content}
		if base, patch := patchBase(last, o.Type(), content); base != nil {
			packed.patches = base.patches + 1
			data.Write(entryHeader(plumbing.REFDeltaObject, int64(len(patch))))
			data.Write(base.hash[:])
			content = patch
		} else {
			data.Write(entryHeader(o.Type(), o.Size()))
		}
		last = append(last[max(0, len(last)+1-patchBases):], packed)
		deflate.Reset(&data)
		if _, err := deflate.Write(content); err != nil {
			return nil, err
		}
		if err := deflate.Close(); err != nil {
			return nil, err
		}
		entries.Add(o.Hash(), uint64(at), crc32.ChecksumIEEE(data.Bytes()[at:]))
	}
	seal := sha1.Sum(data.Bytes()) //nolint:gosec // see the import
	data.Write(seal[:])
	if err := entries.OnFooter(seal); err != nil {
		return nil, err
	}
	sorted, err := entries.Index()
	if err != nil {
		return nil, err
	}
	if _, err := idxfile.NewEncoder(&index).Encode(sorted); err != nil {
		return nil, err
	}
	return &pack{name: "pack-" + plumbing.Hash(seal).String(), data: data.Bytes(), index: index.Bytes()}, nil
}

// copyObject writes an object's content and closes w.
func copyObject(w io.WriteCloser, o plumbing.EncodedObject) error {
	r, err := o.Reader()
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close(), w.Close())
}

// entryHeader returns what stands before an object in a pack: its type and size, seven bits a byte after the first four.
func entryHeader(t plumbing.ObjectType, size int64) []byte {
	b := []byte{byte(t)<<4 | byte(size&0x0f)}
	for size >>= 4; size > 0; size >>= 7 {
		b[len(b)-1] |= 0x80
		b = append(b, byte(size&0x7f))
	}
	return b
}
