package gitsync

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

const (
	maxOpenPacks = 32 // whose files are open at once
	maxListings  = 20 // of packs that come and go while they are listed
)

// packs are the packs of a repository, as they were listed last. It is safe for concurrent use, beside `git repack` and whoever else adds and
// removes packs: what is not found in those that were listed is looked for in those that there are then (see objects.get).
type packs struct {
	fs    *durable
	bases bases

	listing sync.Mutex // held while they are listed
	mu      sync.Mutex
	known   []*packFile // the smallest first, as their indexes are in memory; replaced and never changed
	opened  []*packFile // the first opened first
}

// all returns the packs that are known, which nobody may change.
func (s *packs) all() []*packFile {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known
}

// find reads an object of at most limit bytes from the first of some packs that has it. When none has, and one cannot be read, the error is
// that one's; else it is plumbing.ErrObjectNotFound.
func (s *packs) find(in []*packFile, hash plumbing.Hash, limit int64) (object plain, err error) {
	failed := plumbing.ErrObjectNotFound
	for _, p := range in {
		if !p.mayHave(hash) {
			continue
		}
		err := p.read(s.makeRoom, func(data, index io.ReaderAt) error {
			at, err := p.index.find(index, hash)
			if err == nil {
				object, err = s.bases.resolve(place{p, at}, data, index, limit)
			}
			if err == nil {
				err = object.check(hash)
			}
			return err
		})
		if err == nil || errors.Is(err, ErrTooLarge) {
			return object, err
		}
		if !errors.Is(err, plumbing.ErrObjectNotFound) {
			failed = fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return plain{}, failed
}

// makeRoom closes the pack that was opened first when too many are open for one more.
func (s *packs) makeRoom(more *packFile) {
	s.mu.Lock()
	var old *packFile
	if len(s.opened) >= maxOpenPacks {
		old, s.opened = s.opened[0], s.opened[1:]
	}
	s.opened = append(s.opened, more)
	s.mu.Unlock()
	if old != nil && old != more {
		old.close()
	}
}

// list lists the packs that there are now and returns them.
func (s *packs) list() ([]*packFile, error) {
	s.listing.Lock()
	defer s.listing.Unlock()
	before := s.all()
	now, err := s.look(before)
	for again := 1; os.IsNotExist(err) && again < maxListings; again++ { // one was removed while it was looked at
		now, err = s.look(before)
	}
	if err != nil {
		return nil, err
	}
	if slices.Equal(before, now) {
		return before, nil
	}
	s.set(now)
	for _, p := range before {
		if !slices.Contains(now, p) {
			p.close()
		}
	}
	return now, nil
}

// close closes the files of all packs. They are opened again when somebody reads them.
func (s *packs) close() {
	for _, p := range s.all() {
		p.close()
	}
}

// add adds a pack that we have written, with its objects in memory as they will be read soon.
func (s *packs) add(name string, objects []plumbing.EncodedObject) error {
	s.listing.Lock()
	defer s.listing.Unlock()
	before := s.all()
	if slices.ContainsFunc(before, func(p *packFile) bool { return p.name == name }) {
		return nil
	}
	p, err := openPackFile(s.fs, name)
	if err != nil {
		return err
	}
	s.set(sorted(append(slices.Clip(before), p)))
	return p.read(s.makeRoom, func(_, index io.ReaderAt) error {
		for _, o := range objects {
			at, err := p.index.find(index, o.Hash())
			if err != nil {
				return err
			}
			content, err := contentOf(o)
			if err != nil {
				return err
			}
			s.bases.put(place{p, at}, plain{o.Type(), content})
		}
		return nil
	})
}

func (s *packs) set(known []*packFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = known
	s.opened = slices.DeleteFunc(s.opened, func(p *packFile) bool { return !slices.Contains(known, p) })
}

// look returns the packs that are in the directory: those that were known as they are. As with git, a pack is there when its index is.
func (s *packs) look(known []*packFile) ([]*packFile, error) {
	names, err := s.fs.names(packDir)
	if err != nil {
		if _, statErr := s.fs.Stat(packDir); os.IsNotExist(statErr) {
			return nil, nil // nothing was ever packed
		}
		return nil, err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	before := map[string]*packFile{}
	for _, p := range known {
		before[p.name] = p
	}
	var now []*packFile
	for _, file := range names {
		name, ok := strings.CutSuffix(file, ".idx")
		if !ok || !there[name+".pack"] {
			continue
		}
		p := before[name]
		if p == nil {
			if p, err = openPackFile(s.fs, name); err != nil {
				return nil, err
			}
		}
		now = append(now, p)
	}
	return sorted(now), nil
}

// sorted sorts packs by size.
func sorted(packs []*packFile) []*packFile {
	slices.SortFunc(packs, func(a, b *packFile) int {
		return cmp.Or(cmp.Compare(a.index.len(), b.index.len()), strings.Compare(a.name, b.name))
	})
	return packs
}
