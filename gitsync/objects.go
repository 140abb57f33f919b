package gitsync

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

const (
	maxFile        = 4 << 20  // bytes of one file; larger ones are refused
	maxTreeObject  = 16 << 20 // bytes of one directory: some 200,000 entries
	maxMessage     = 4 << 20  // bytes of one commit
	maxLooks       = 10       // times that an object is looked for again; one is enough unless several `git gc` run in a row
	maxTreeEntries = 200_000  // entries in the cache of directories, about 20 MB
)

// objects reads Git objects. It is safe for concurrent use. What was read of directories is remembered by hash, so that listing a tree costs
// the directories that changed.
type objects struct {
	fs    *durable
	packs packs

	mu     sync.Mutex
	store  *filesystem.Storage // for what is no object; not safe for concurrent use
	trees  map[plumbing.Hash]entries
	cached int                                      // entries in trees
	held   map[plumbing.Hash]plumbing.EncodedObject // made and not on the disk yet
}

func newObjects(fs *durable) *objects {
	return &objects{
		fs:    fs,
		packs: packs{fs: fs},
		store: filesystem.NewStorage(fs, cache.NewObjectLRU(0)),
		trees: map[plumbing.Hash]entries{},
		held:  map[plumbing.Hash]plumbing.EncodedObject{},
	}
}

// hold makes objects readable that are not on the disk yet, until release. It returns those that it did not hold already.
func (o *objects) hold(made []plumbing.EncodedObject) (fresh []plumbing.EncodedObject) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, object := range made {
		if _, held := o.held[object.Hash()]; !held {
			o.held[object.Hash()] = object
			fresh = append(fresh, object)
		}
	}
	return fresh
}

// release forgets objects that hold returned.
func (o *objects) release(fresh []plumbing.EncodedObject) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, object := range fresh {
		delete(o.held, object.Hash())
	}
}

// tree returns the entries of a directory that are read, which the caller must not change: see entries. One that is too large has none. The zero
// hash is an empty directory.
func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	e, err := o.entries(hash)
	if errors.Is(err, ErrTooLarge) {
		return nil, nil
	}
	return e.read, err
}

// entries returns the entries of a directory, which the caller must not change; ErrTooLarge is in the chain of the error about one that is over 16 MB. The zero hash is an empty directory.
func (o *objects) entries(hash plumbing.Hash) (entries, error) {
	if hash.IsZero() {
		return entries{}, nil
	}
	o.mu.Lock()
	known, ok := o.trees[hash]
	o.mu.Unlock()
	if ok {
		return known, nil
	}
	encoded, err := o.get(plumbing.TreeObject, hash, maxTreeObject)
	if err != nil {
		return entries{}, err
	}
	var tree object.Tree
	if err := tree.Decode(encoded); err != nil {
		return entries{}, fmt.Errorf("tree %s: %w", hash, err)
	}
	e := newEntries(tree.Entries)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cached += len(e.all); o.cached > maxTreeEntries {
		clear(o.trees)
		o.cached = len(e.all)
	}
	o.trees[hash] = e
	return e, nil
}

// treesToCompare returns all entries of two directories to be compared, those of the first by name.
func (o *objects) treesToCompare(before, after plumbing.Hash) (was map[string]object.TreeEntry, now []object.TreeEntry, err error) {
	old, err := o.entries(before)
	if err != nil {
		return nil, nil, err
	}
	was = make(map[string]object.TreeEntry, len(old.all))
	for _, e := range old.all {
		was[e.Name] = e
	}
	e, err := o.entries(after)
	return was, e.all, err
}

// commit returns a commit.
func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	encoded, err := o.get(plumbing.CommitObject, hash, maxMessage)
	if err != nil {
		return nil, err
	}
	commit, err := object.DecodeCommit(nil, encoded)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	return commit, nil
}

// blob returns a file's bytes, which the caller must not change.
func (o *objects) blob(hash plumbing.Hash) ([]byte, error) {
	encoded, err := o.get(plumbing.BlobObject, hash, maxFile)
	if err != nil {
		return nil, err
	}
	return contentOf(encoded)
}

// get reads an object of at most limit bytes, also one that is only held.
func (o *objects) get(t plumbing.ObjectType, hash plumbing.Hash, limit int64) (plumbing.EncodedObject, error) {
	o.mu.Lock()
	held := o.held[hash]
	o.mu.Unlock()
	if held != nil && held.Type() == t {
		return held, nil
	}
	return o.read(t, hash, limit)
}

// read reads an object of at most limit bytes from the disk. It looks again when there are other packs than it has looked through: somebody
// may have run `git gc` or pushed, or be at it now.
func (o *objects) read(t plumbing.ObjectType, hash plumbing.Hash, limit int64) (plumbing.EncodedObject, error) {
	packs := o.packs.all()
	for again := 0; ; again++ {
		object, err := o.packs.find(packs, hash, limit)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			var looseErr error
			if object, looseErr = o.fs.loose(hash, limit); !errors.Is(looseErr, plumbing.ErrObjectNotFound) {
				err = looseErr
			}
		}
		if err == nil && object.kind != t {
			err = fmt.Errorf("%w: it is a %s", plumbing.ErrObjectNotFound, object.kind)
		}
		if err == nil {
			return &stored{object, hash}, nil
		}
		now, listErr := o.packs.list()
		if errors.Is(err, ErrTooLarge) {
			return nil, fmt.Errorf("%s %s: %w", t, hash, &largeObject{t, limit, err})
		}
		if again == maxLooks || listErr == nil && slices.Equal(now, packs) {
			return nil, fmt.Errorf("%s %s: %w", t, hash, err)
		}
		if listErr != nil {
			return nil, fmt.Errorf("%s %s: %w", t, hash, listErr)
		}
		packs = now
	}
}

// largeObject is the error about an object that is larger than is read of its kind.
type largeObject struct {
	kind  plumbing.ObjectType
	limit int64 // bytes
	err   error // has ErrTooLarge in its chain
}

// Error says what was found.
func (e *largeObject) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *largeObject) Unwrap() error { return e.err }

// what says what kind of thing is too large, for a person.
func (e *largeObject) what() string {
	switch {
	case e.kind == plumbing.CommitObject:
		return fmt.Sprintf("a commit with a message of more than %d MB", e.limit>>20)
	case e.kind == plumbing.TreeObject:
		return fmt.Sprintf("a directory with more entries than %d MB hold", e.limit>>20)
	default:
		return fmt.Sprintf("a file of more than %d MB", e.limit>>20)
	}
}

// remember makes the objects of a pack readable that we have written.
func (o *objects) remember(p *pack, packed []plumbing.EncodedObject) {
	_ = o.packs.add(p.name, packed) // whoever looks for them lists the packs, and is told what is wrong
}

// refresh looks which packs there are now.
func (o *objects) refresh() error {
	_, err := o.packs.list()
	return err
}
