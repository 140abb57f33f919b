package gitsync

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
)

// made remembers which commits this process made, from before the branch moves to them: some 40 bytes each.
type made struct {
	mu      sync.Mutex
	commits map[plumbing.Hash]bool
}

// note remembers the commits among objects.
func (m *made) note(objects []plumbing.EncodedObject) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.commits == nil {
		m.commits = map[plumbing.Hash]bool{}
	}
	for _, o := range objects {
		if o.Type() == plumbing.CommitObject {
			m.commits[o.Hash()] = true
		}
	}
}

// Made reports whether a commit is known for one of this service's by itself, whatever its message says: this process made it, or one of the keys has
// signed it, which are given as SignedBy takes them. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) Made(revision string, keys []string) (bool, error) {
	hash := plumbing.NewHash(revision)
	r.made.mu.Lock()
	known := r.made.commits[hash]
	r.made.mu.Unlock()
	if known || len(keys) == 0 {
		return known, nil
	}
	commit, err := r.objects.commit(hash)
	if err != nil {
		return false, unavailable(err, "the commit %s of the rulebook %s cannot be read", revision, r.dir)
	}
	return SignedBy(commit, keys), nil
}
