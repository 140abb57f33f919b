package gitsync

import (
	"errors"
	"fmt"
	"io"
	"maps"
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
	objectCache    = 16 * cache.MiByte
	maxRecent      = 16 << 20 // bytes of objects of new packs that are kept in memory
	maxReindex     = 3        // times that an object is looked for again; one is enough unless several `git gc` run in a row
	maxTreeEntries = 200_000  // entries in the cache of directories, about 20 MB
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
	recent map[plumbing.Hash]plumbing.EncodedObject // on the disk, in packs that store has not indexed
	size   int64                                    // bytes in recent
}

func newObjects(fs *durable) *objects {
	known := cache.NewObjectLRU(objectCache)
	return &objects{
		fs:     fs,
		cache:  known,
		store:  filesystem.NewStorage(fs, known),
		trees:  map[plumbing.Hash][]object.TreeEntry{},
		held:   map[plumbing.Hash]plumbing.EncodedObject{},
		recent: map[plumbing.Hash]plumbing.EncodedObject{},
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

// remember keeps objects readable that are in a new pack, so that the indexes of all packs need not be read again for it.
func (o *objects) remember(packed []plumbing.EncodedObject) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, object := range packed {
		if _, known := o.recent[object.Hash()]; !known {
			o.recent[object.Hash()] = object
			o.size += object.Size()
		}
	}
	if o.size > maxRecent {
		o.store.Reindex()
		clear(o.recent)
		o.size = 0
	}
}

// refresh has the packs looked through again, while what they were before goes on being read.
func (o *objects) refresh() error {
	o.mu.Lock()
	packed := slices.Collect(maps.Keys(o.recent))
	o.mu.Unlock()
	fresh := filesystem.NewStorage(o.fs, o.cache)
	if err := fresh.HasEncodedObject(plumbing.ZeroHash); !errors.Is(err, plumbing.ErrObjectNotFound) {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.store = fresh
	for _, hash := range packed {
		if object, ok := o.recent[hash]; ok {
			o.size -= object.Size()
			delete(o.recent, hash)
		}
	}
	return nil
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

// get reads an object of at most limit bytes. Somebody may have run `git gc` since we indexed the packs, or be running it
// now, so what is not found or not readable is looked for again in a fresh index.
func (o *objects) get(t plumbing.ObjectType, hash plumbing.Hash, limit int64) (plumbing.EncodedObject, error) {
	for _, made := range []map[plumbing.Hash]plumbing.EncodedObject{o.held, o.recent} {
		if object, ok := made[hash]; ok && object.Type() == t {
			return object, nil
		}
	}
	encoded, err := o.find(t, hash, limit)
	for again := 0; err != nil && !errors.Is(err, ErrTooLarge) && again < maxReindex; again++ {
		o.store.Reindex()
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
