package gitsync

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// commitSet is commits that are remembered until the process ends: some 40 bytes each. It is safe for concurrent use.
type commitSet struct {
	mu      sync.Mutex
	commits map[plumbing.Hash]bool
}

func (s *commitSet) add(hash plumbing.Hash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.commits == nil {
		s.commits = map[plumbing.Hash]bool{}
	}
	s.commits[hash] = true
}

func (s *commitSet) has(hash plumbing.Hash) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commits[hash]
}

// noteMade remembers the commits among objects for ours, from before the branch moves to them.
func (r *Rulebook) noteMade(objects []plumbing.EncodedObject) {
	for _, o := range objects {
		if o.Type() == plumbing.CommitObject {
			r.made.add(o.Hash())
		}
	}
}

// Made reports whether a commit is known for one of this service's by itself, whatever its message says: this process made it, or one of the keys has
// signed it, which are given as SignedBy takes them. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) Made(revision string, keys []string) (bool, error) {
	hash := plumbing.NewHash(revision)
	known := r.made.has(hash)
	if known || len(keys) == 0 {
		return known, nil
	}
	commit, err := r.objects.commit(hash)
	if err != nil {
		return false, unavailable(err, "the commit %s of the rulebook %s cannot be read", revision, r.dir)
	}
	return SignedBy(commit, keys), nil
}

// Replanned reports whether this process went over a commit when it planned again on top of what the Git server has, see replan: the branch has not lost it, as
// another stands in its place, or Following.Left tells of it.
func (r *Rulebook) Replanned(revision string) bool {
	return r.replanned.has(plumbing.NewHash(revision))
}
