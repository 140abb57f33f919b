package gitsync

import (
	"fmt"
	"io"
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
	objectCache    = 16 * cache.MiByte
	maxReindex     = 10      // times that an object is looked for again; one is enough unless several `git gc` run in a row
	maxTreeEntries = 200_000 // entries in the cache of directories, about 20 MB
)

// objects reads Git objects. It is safe for concurrent use, which go-git's storage is not: one at a time reads, and what
// was read of directories is remembered by hash, so that listing a tree costs the directories that changed.
type objects struct {
	mu     sync.Mutex
	fs     *durable
	cache  cache.Object
	store  *filesystem.Storage
	trees  map[plumbing.Hash][]object.TreeEntry
	cached int                                      // entries in trees
	held   map[plumbing.Hash]plumbing.EncodedObject // made and not on the disk yet
	fresh  freshPacks
	known  map[string]bool // packs that store has indexed
}

func newObjects(fs *durable) *objects {
	read := cache.NewObjectLRU(objectCache)
	return &objects{
		fs:    fs,
		cache: read,
		store: filesystem.NewStorageWithOptions(fs, read, filesystem.Options{MaxOpenDescriptors: 8}),
		trees: map[plumbing.Hash][]object.TreeEntry{},
		held:  map[plumbing.Hash]plumbing.EncodedObject{},
		fresh: newFreshPacks(),
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

// tree returns the entries of a directory, which the caller must not change. The zero hash is an empty directory.
func (o *objects) tree(hash plumbing.Hash) ([]object.TreeEntry, error) {
	if hash.IsZero() {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if entries, ok := o.trees[hash]; ok {
		return entries, nil
	}
	encoded, err := o.get(plumbing.TreeObject, hash, maxTreeObject)
	if err != nil {
		return nil, err
	}
	var tree object.Tree
	if err := tree.Decode(encoded); err != nil {
		return nil, fmt.Errorf("tree %s: %w", hash, err)
	}
	if o.cached += len(tree.Entries); o.cached > maxTreeEntries {
		clear(o.trees)
		o.cached = len(tree.Entries)
	}
	o.trees[hash] = tree.Entries
	return tree.Entries, nil
}

// commit returns a commit.
func (o *objects) commit(hash plumbing.Hash) (*object.Commit, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	encoded, err := o.get(plumbing.CommitObject, hash, maxMessage)
	if err != nil {
		return nil, err
	}
	commit, err := object.DecodeCommit(o.store, encoded)
	if err != nil {
		return nil, fmt.Errorf("commit %s: %w", hash, err)
	}
	return commit, nil
}

// blob returns a file's bytes.
func (o *objects) blob(hash plumbing.Hash) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	encoded, err := o.get(plumbing.BlobObject, hash, maxFile)
	if err != nil {
		return nil, err
	}
	r, err := encoded.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// get reads an object of at most limit bytes.
func (o *objects) get(t plumbing.ObjectType, hash plumbing.Hash, limit int64) (plumbing.EncodedObject, error) {
	for _, made := range []map[plumbing.Hash]plumbing.EncodedObject{o.held, o.fresh.objects} {
		if object, ok := made[hash]; ok && object.Type() == t {
			return object, nil
		}
	}
	encoded, err := o.find(t, hash, limit)
	for again := 0; err != nil && again < maxReindex && o.mayHaveMoved(err); again++ {
		encoded, err = o.find(t, hash, limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", t, hash, err)
	}
	return encoded, nil
}

func (o *objects) find(t plumbing.ObjectType, hash plumbing.Hash, limit int64) (plumbing.EncodedObject, error) {
	size, err := o.store.EncodedObjectSize(hash)
	if err != nil {
		return nil, err
	}
	if size > limit {
		return nil, fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, size, limit)
	}
	return o.store.EncodedObject(t, hash)
}
