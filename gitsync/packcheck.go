package gitsync

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/go-git/go-billy/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

const (
	maxObject      = 100 << 20  // bytes of an object in a pack that is taken: what GitHub takes; larger files than maxFile are kept, not read
	maxPackObjects = 10_000_000 // in one pack
)

var errPack = errors.New("not a pack as Git makes it")

// storePack writes a pack to the repository, with a .keep file, and notes the types of its objects. It is durable when storePack returns nil; on an
// error nothing of it stays. A pack without objects is nil.
func (r *Rulebook) storePack(ctx context.Context, from io.Reader, types map[plumbing.Hash]plumbing.ObjectType) (*pack, error) {
	temporary := path.Join(packDir, ownTemporary+rand.Text())
	index := temporary + "_index"
	f, err := r.fs.OpenFile(temporary, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return nil, unavailable(err, "nothing can be written to the rulebook %s", r.dir)
	}
	seal, err := r.indexPack(ctx, f, from, index, types)
	if err = errors.Join(err, f.Close()); err != nil || seal.IsZero() {
		return nil, errors.Join(err, r.fs.removeAny(temporary), r.fs.removeAny(index))
	}
	p := &pack{name: "pack-" + seal.String()}
	name := path.Join(packDir, p.name)
	if err = r.fs.keep(name); err == nil {
		err = r.fs.Filesystem.Rename(temporary, name+".pack")
	}
	if err == nil {
		err = r.fs.Rename(index, name+".idx") // last, as for git a pack is there when its index is
	}
	if err == nil {
		err = r.objects.refresh()
	}
	if err != nil {
		return nil, errors.Join(err, r.fs.removeAny(temporary), r.fs.removeAny(index), r.dropPack(p))
	}
	return p, nil
}

// dropPack removes a pack of which nothing may be used.
func (r *Rulebook) dropPack(p *pack) error {
	if p == nil {
		return nil
	}
	return errors.Join(r.fs.discardPack(p), r.objects.refresh())
}

// indexPack copies a pack to f, checks it, and writes its index. It returns the pack's checksum, zero for a pack without objects.
func (r *Rulebook) indexPack(ctx context.Context, f billy.File, from io.Reader, name string, types map[plumbing.Hash]plumbing.ObjectType) (none plumbing.Hash, err error) {
	size, err := io.Copy(f, from)
	if err != nil || size == 0 {
		return none, err
	}
	count, err := checkSizes(&patientFile{ctx, f}, size)
	if err != nil || count == 0 {
		return none, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return none, err
	}
	var entries idxfile.Writer
	parser, err := packfile.NewParser(packfile.NewScanner(&patientFile{ctx, f}), &entries, &typeObserver{types: types})
	if err != nil {
		return none, err
	}
	seal, err := parser.Parse()
	if err != nil {
		return none, fmt.Errorf("%w: %w", errPack, err)
	}
	index, err := entries.Index()
	if err != nil {
		return none, err
	}
	if n, err := index.Count(); err != nil || n != int64(count) {
		return none, fmt.Errorf("%w: of %d objects %d are different: %w", errPack, count, n, err)
	}
	idx, err := r.fs.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return none, err
	}
	_, err = idxfile.NewEncoder(idx).Encode(index)
	return seal, errors.Join(err, idx.Close())
}

// patientFile is a file that cannot be read any more when the context has ended: what reads it knows no contexts.
type patientFile struct {
	ctx context.Context //nolint:containedctx // see above
	billy.File
}

func (f *patientFile) Read(p []byte) (int, error) {
	if err := f.ctx.Err(); err != nil {
		return 0, err
	}
	return f.File.Read(p)
}

// checkSizes reads a pack to its end and refuses one that is larger than it says or has objects larger than maxObject, whose content go-git's
// parser would hold in memory.
func checkSizes(f io.ReadSeeker, size int64) (objects uint32, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	defer func() {
		if err != nil && !errors.Is(err, ErrTooLarge) {
			err = fmt.Errorf("%w: %w", errPack, err)
		}
	}()
	scanner := packfile.NewScanner(f)
	_, count, err := scanner.Header()
	if err != nil {
		return 0, err
	}
	if count > maxPackObjects {
		return 0, fmt.Errorf("%w: %d objects at once", ErrTooLarge, count)
	}
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return 0, err
		}
		if header.Length > maxObject {
			return 0, fmt.Errorf("%w: an object of %d bytes", ErrTooLarge, header.Length)
		}
		var start beginning
		if _, _, err := scanner.NextObject(&start); err != nil {
			return 0, err
		}
		if header.Type.IsDelta() {
			if whole := start.deltaSize(); whole > maxObject {
				return 0, fmt.Errorf("%w: an object of %d bytes", ErrTooLarge, whole)
			}
		}
	}
	if _, err := scanner.Checksum(); err != nil {
		return 0, err
	}
	if end, err := scanner.SeekFromStart(0); err != nil || end != size {
		return 0, fmt.Errorf("%d bytes after its end: %w", size-end, err)
	}
	return count, nil
}

// beginning keeps the first bytes of what is written to it.
type beginning struct {
	bytes [32]byte
	n     int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.n += copy(b.bytes[b.n:], p)
	return len(p), nil
}

// deltaSize returns how large the object is that a delta makes: the second of two numbers of seven bits a byte.
func (b *beginning) deltaSize() uint64 {
	rest := b.bytes[:b.n]
	var size uint64
	for range 2 {
		size = 0
		for shift := 0; len(rest) > 0 && shift < 64; shift += 7 {
			c := rest[0]
			rest = rest[1:]
			size |= uint64(c&0x7f) << shift
			if c&0x80 == 0 {
				break
			}
		}
	}
	return size
}

// typeObserver notes the types of a pack's objects while it is parsed.
type typeObserver struct {
	types map[plumbing.Hash]plumbing.ObjectType
	next  plumbing.ObjectType
}

// OnHeader implements packfile.Observer.
func (*typeObserver) OnHeader(uint32) error { return nil }

// OnInflatedObjectHeader implements packfile.Observer.
func (o *typeObserver) OnInflatedObjectHeader(t plumbing.ObjectType, _, _ int64) error {
	o.next = t
	return nil
}

// OnInflatedObjectContent implements packfile.Observer.
func (o *typeObserver) OnInflatedObjectContent(h plumbing.Hash, _ int64, _ uint32, _ []byte) error {
	o.types[h] = o.next
	return nil
}

// OnFooter implements packfile.Observer.
func (*typeObserver) OnFooter(plumbing.Hash) error { return nil }
