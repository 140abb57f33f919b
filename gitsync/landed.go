package gitsync

import (
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
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
	defer r.stands.mu.Unlock()
	r.stands.foreign = r.stands.foreign || base != r.stands.at
	r.stands.at = tip
}
