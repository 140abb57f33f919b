package gitsync

import (
	"errors"
	"maps"
	"os"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// maxFresh is how many bytes of objects of our own new packs are kept in memory, until the indexes of all packs are read again. Housekeeping
// does that in the background, as a rule long before.
const maxFresh = 32 << 20

// freshPacks is packs that we have written and go-git has not indexed. Their objects are in memory, as the indexes of a large rulebook take a
// tenth of a second to read.
type freshPacks struct {
	packs   map[string]bool
	objects map[plumbing.Hash]plumbing.EncodedObject
	size    int64 // bytes of the objects
}

func newFreshPacks() freshPacks {
	return freshPacks{packs: map[string]bool{}, objects: map[plumbing.Hash]plumbing.EncodedObject{}}
}

// remember keeps the objects of a pack readable that we have written.
func (o *objects) remember(p *pack, packed []plumbing.EncodedObject) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fresh.packs[p.name] = true
	for _, object := range packed {
		if _, there := o.fresh.objects[object.Hash()]; !there {
			o.fresh.objects[object.Hash()] = object
			o.fresh.size += object.Size()
		}
	}
	if o.fresh.size > maxFresh {
		o.store.Reindex()
		o.known, o.fresh = nil, newFreshPacks()
	}
}

// mayHaveMoved reports whether it is worth looking again for what was not found or not readable, and then has all indexes read again: somebody
// may have run `git gc` or pushed since they were, or be at it now. What was simply not found is looked for in new packs only.
func (o *objects) mayHaveMoved(err error) bool {
	if errors.Is(err, ErrTooLarge) {
		return false
	}
	now, readErr := o.packNames()
	fresh := readErr != nil
	for name := range now {
		fresh = fresh || !o.known[name] && !o.fresh.packs[name]
	}
	if errors.Is(err, plumbing.ErrObjectNotFound) && !fresh {
		return false
	}
	o.store.Reindex()
	o.known, _ = o.indexed(o.store) // what is wrong with an index, the next look at it tells
	return true
}

// indexed has all indexes read that are not, and returns the packs that are known then: none when they changed meanwhile, so that any of
// them may have been missed.
func (o *objects) indexed(store *filesystem.Storage) (map[string]bool, error) {
	before, err := o.packNames()
	if err != nil {
		return nil, err
	}
	if err := store.HasEncodedObject(plumbing.ZeroHash); !errors.Is(err, plumbing.ErrObjectNotFound) {
		return nil, err
	}
	after, err := o.packNames()
	if err != nil || !maps.Equal(before, after) {
		return nil, err
	}
	return after, nil
}

// packNames returns the names of all packs, without suffix.
func (o *objects) packNames() (map[string]bool, error) {
	files, err := o.fs.ReadDir(packDir)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	names := map[string]bool{}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".pack"); ok {
			names[name] = true
		}
	}
	return names, nil
}

// refresh reads the indexes of all packs again, while what they were before goes on being used.
func (o *objects) refresh() error {
	o.mu.Lock()
	before := freshPacks{packs: maps.Clone(o.fresh.packs), objects: maps.Clone(o.fresh.objects)}
	o.mu.Unlock()
	store := filesystem.NewStorageWithOptions(o.fs, o.cache, filesystem.Options{MaxOpenDescriptors: 8})
	known, err := o.indexed(store)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.store, o.known = store, known
	for name := range before.packs {
		delete(o.fresh.packs, name)
	}
	for hash := range before.objects {
		if object, ok := o.fresh.objects[hash]; ok {
			o.fresh.size -= object.Size()
			delete(o.fresh.objects, hash)
		}
	}
	return nil
}
