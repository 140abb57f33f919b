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
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxObject      = 100 << 20  // bytes of an object in a pack that is taken: what GitHub takes; larger files than maxFile are kept, not read
	maxPackObjects = 10_000_000 // in one pack
)

var errPack = errors.New("not a pack as Git makes it")

// receive makes the commit tip, where the server's branch stands, and all that it needs part of the repository. No ref names it yet. What the
// server sends is not trusted: sizes are limited before anything is unpacked, every object's name is computed from its content, and
// nothing that a commit needs may be missing.
func (r *Rulebook) receive(ctx context.Context, tip plumbing.Hash) error {
	s := r.sync
	done, err := s.lockReceiving(ctx)
	if err != nil {
		return err
	}
	defer done()
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	known := []plumbing.Hash{head, s.lastSeen()}
	if tip.IsZero() || tip == s.whole || tip == known[0] || tip == known[1] {
		return nil
	}
	if r.objects.has(tip) {
		missing, err := r.objects.beyond(ctx, tip, known...)
		if err == nil && len(missing.commits) == 0 {
			return nil
		}
	}
	haves, err := r.haves(known)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	progress := s.progress
	if progress == nil || !s.lastSeen().IsZero() { // that is no clone
		progress = func(string) {}
	}
	types := map[plumbing.Hash]plumbing.ObjectType{}
	var came *pack
	if err := s.remote.Fetch(ctx, tip, haves, progress, func(from io.Reader) (err error) {
		came, err = r.storePack(ctx, from, types)
		return err
	}); err != nil {
		return r.unusable(errors.Join(err, r.dropPack(came)))
	}
	progress(fmt.Sprintf("checking %d objects", len(types)))
	if err := r.assertWhole(ctx, tip, known, types); err != nil {
		return r.unusable(errors.Join(err, r.dropPack(came)))
	}
	s.whole = tip
	if came != nil {
		s.came = append(s.came, came)
	}
	return nil
}

// lockReceiving waits until nobody else fetches, and lets nobody do so until done is called. Failures are *rules.Error of kind Unavailable.
func (s *syncing) lockReceiving(ctx context.Context) (done func(), err error) {
	select {
	case <-s.receiving:
		return func() { s.receiving <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, unavailable(ctx.Err(), "the Git server %s takes too long to send what others pushed", s.remote)
	}
}

// unusable says for a person what came of a fetch, unless the error does.
func (r *Rulebook) unusable(err error) error {
	if _, ours := errors.AsType[*rules.Error](err); ours {
		return err
	}
	return unavailable(err, "what the Git server %s sent is not what Git would send; nothing of it is used", r.sync.remote)
}

// release lets `git repack` have the packs that came, as there is a ref that needs them now.
func (s *syncing) release(ctx context.Context, fs *durable) error {
	done, err := s.lockReceiving(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, p := range s.came {
		err = errors.Join(err, fs.releasePack(p))
	}
	s.came = nil
	return err
}

// haves returns what the server is told that we have: the commits known, and older and older ones before them, of which it still has
// one when its history was rewritten.
func (r *Rulebook) haves(known []plumbing.Hash) ([]plumbing.Hash, error) {
	var haves []plumbing.Hash
	for _, hash := range known {
		for distance, next := 0, 1; !hash.IsZero() && next <= 256; distance++ {
			if distance == 0 || distance == next {
				haves = append(haves, hash)
				next = max(2*distance, 1)
			}
			commit, err := r.objects.commit(hash)
			if err != nil {
				return nil, err
			}
			if hash = plumbing.ZeroHash; len(commit.ParentHashes) > 0 {
				hash = commit.ParentHashes[0]
			}
		}
	}
	return haves, nil
}

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

// assertWhole fails unless all that tip needs is in the repository, given that all that the commits known need is. types are the objects that
// came with it.
func (r *Rulebook) assertWhole(ctx context.Context, tip plumbing.Hash, known []plumbing.Hash, types map[plumbing.Hash]plumbing.ObjectType) error {
	came, err := r.objects.beyond(ctx, tip, known...)
	if err != nil {
		return err
	}
	c := &completeness{objects: r.objects, types: types, whole: map[plumbing.Hash]bool{}}
	for _, n := range came.commits {
		before := plumbing.ZeroHash
		if len(n.parents) > 0 {
			before = came.walk.nodes[n.parents[0]].root
		}
		if err := c.tree(before, n.root, 0); err != nil {
			return fmt.Errorf("commit %s: %w", n.hash, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// completeness looks whether directories have all that they name.
type completeness struct {
	objects *objects
	types   map[plumbing.Hash]plumbing.ObjectType
	whole   map[plumbing.Hash]bool
}

// tree fails unless a directory is there with all that is in it. What another one, which is whole, has as well is not looked at.
func (c *completeness) tree(before, after plumbing.Hash, depth int) error {
	if before == after || c.whole[after] {
		return nil
	}
	if depth > maxTreeDepth {
		return fmt.Errorf("%w: directories deeper than %d", errPack, maxTreeDepth)
	}
	if err := c.stored(after, plumbing.TreeObject); err != nil {
		return err
	}
	old, err := c.objects.tree(before)
	if err != nil {
		return err
	}
	now, err := c.objects.tree(after)
	if err != nil {
		return err
	}
	was := make(map[string]object.TreeEntry, len(old))
	for _, e := range old {
		was[e.Name] = e
	}
	for _, e := range now {
		switch {
		case e.Mode == filemode.Submodule || e == was[e.Name]:
		case e.Mode == filemode.Dir:
			if err := c.tree(directory(was[e.Name]), e.Hash, depth+1); err != nil {
				return err
			}
		default:
			if err := c.stored(e.Hash, plumbing.BlobObject); err != nil {
				return err
			}
		}
	}
	c.whole[after] = true
	return nil
}

// stored fails unless an object is in the repository, whatever is remembered in memory, and is what it has to be.
func (c *completeness) stored(hash plumbing.Hash, t plumbing.ObjectType) error {
	if is, came := c.types[hash]; came {
		if is != t {
			return fmt.Errorf("%w: %s has to be a %s and is a %s", errPack, hash, t, is)
		}
		return nil
	}
	c.objects.mu.Lock()
	defer c.objects.mu.Unlock()
	_, err := c.objects.find(t, hash, maxObject)
	if err != nil { // perhaps it is in a pack that is not looked through yet
		c.objects.store.Reindex()
		_, err = c.objects.find(t, hash, maxObject)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", t, hash, err)
	}
	return nil
}

// maxTreeDepth is how deep directories may be that are taken from a Git server. Those deeper than maxDepth are kept and not listed.
const maxTreeDepth = 256
