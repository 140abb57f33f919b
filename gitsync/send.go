package gitsync

import (
	"compress/zlib"
	"context"
	"crypto/sha1" //nolint:gosec // what packs are sealed with
	"encoding/binary"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
)

// parcel is what a push has to bring: every object that a commit needs and another one has not got.
type parcel struct {
	objects *objects
	hashes  []plumbing.Hash
	types   map[plumbing.Hash]plumbing.ObjectType
}

// parcel collects what the commits add to their parents: their number is what it costs, not that of all commits or files.
func (b *branchOff) parcel(ctx context.Context) (*parcel, error) {
	p := &parcel{objects: b.walk.objects, types: map[plumbing.Hash]plumbing.ObjectType{}}
	for _, n := range b.commits {
		p.add(n.hash, plumbing.CommitObject)
		var before plumbing.Hash
		if len(n.parents) > 0 {
			before = b.walk.nodes[n.parents[0]].root
		}
		if err := p.addTree(before, n.root); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// add reports whether the object was not there yet.
func (p *parcel) add(hash plumbing.Hash, t plumbing.ObjectType) bool {
	if _, ok := p.types[hash]; ok {
		return false
	}
	p.types[hash] = t
	p.hashes = append(p.hashes, hash)
	return true
}

// addTree adds a directory, and of what is in it what another one has not got under the same name.
func (p *parcel) addTree(before, after plumbing.Hash) error {
	if before == after || !p.add(after, plumbing.TreeObject) {
		return nil
	}
	was, now, err := p.objects.treesToCompare(before, after)
	if err != nil {
		return err
	}
	for _, e := range now {
		switch {
		case e.Mode == filemode.Submodule || e.Hash == was[e.Name].Hash:
		case e.Mode == filemode.Dir:
			if err := p.addTree(directory(was[e.Name]), e.Hash); err != nil {
				return err
			}
		default:
			p.add(e.Hash, plumbing.BlobObject)
		}
	}
	return nil
}

// write writes the parcel as a pack, reading one object at a time.
func (p *parcel) write(w io.Writer) error {
	seal := sha1.New() //nolint:gosec // see the import
	out := io.MultiWriter(w, seal)
	head := binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(p.hashes)))
	if _, err := out.Write(head); err != nil {
		return err
	}
	deflate := zlib.NewWriter(nil)
	for _, hash := range p.hashes {
		o, err := p.objects.any(p.types[hash], hash)
		if err != nil {
			return err
		}
		if _, err := out.Write(entryHeader(o.Type(), o.Size())); err != nil {
			return err
		}
		deflate.Reset(out)
		if err := copyObject(deflate, o); err != nil {
			return err
		}
	}
	_, err := w.Write(seal.Sum(nil))
	return err
}

// any reads an object that may be as large as what is taken from a Git server.
func (o *objects) any(t plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	return o.get(t, hash, maxObject)
}
