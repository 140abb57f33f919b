package gitsync

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// standing is where the rulebook's branch stands as far as we know: anywhere else, somebody pushed to the repository here.
type standing struct {
	mu      sync.Mutex
	at      plumbing.Hash
	foreign bool // what others made has come in, and nobody was told yet
}

// landed hears of commits of ours that the branch has moved to. The caller has the writer's token.
func (r *Rulebook) landed(base plumbing.Hash, made []plumbing.EncodedObject, tip plumbing.Hash) {
	r.stands.mu.Lock()
	r.stands.foreign = r.stands.foreign || base != r.stands.at
	r.stands.at = tip
	r.stands.mu.Unlock()
	switch s := r.sync; {
	case s == nil:
	case s.required:
		r.settled(tip)
	default:
		s.add(base, made)
		signal(r.woken)
	}
}

// cameIn notes that the branch stands at what others made.
func (r *Rulebook) cameIn(tip plumbing.Hash) {
	r.stands.mu.Lock()
	defer r.stands.mu.Unlock()
	r.stands.at, r.stands.foreign = tip, true
}

// add adds what has landed to what is to be pushed. Where others have committed here as well, Follow counts again.
func (s *syncing) add(base plumbing.Hash, made []plumbing.EncodedObject) {
	var fresh []unpushed
	for _, o := range made {
		var c object.Commit
		if o.Type() == plumbing.CommitObject && c.Decode(o) == nil {
			fresh = append(fresh, unpushed{c.Hash, c.Committer.When})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.seen
	if n := len(s.unpushed); n > 0 {
		last = s.unpushed[n-1].hash
	}
	if last == base {
		s.unpushed = append(s.unpushed, fresh...)
	}
}
