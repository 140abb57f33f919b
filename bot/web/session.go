package web

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// How long a link that signs in may be used, and how long one stays signed in. Both end with the service too: what is remembered of them is in its
// memory alone, and there is no key that could be lost.
const (
	ticketLife  = 5 * time.Minute
	sessionLife = 12 * time.Hour
)

// mostPasses is how many links or sessions are remembered at once; the rest of the world's people have to wait.
const mostPasses = 10_000

// passes are secrets that stand for somebody, remembered by their hashes.
type passes struct {
	life time.Duration
	now  func() time.Time

	mu    sync.Mutex
	known map[[sha256.Size]byte]pass
}

// pass is what a secret stands for.
type pass struct {
	request rules.Request // that asked for it: who, and where
	ends    time.Time
}

func newPasses(life time.Duration, now func() time.Time) *passes {
	return &passes{life: life, now: now, known: map[[sha256.Size]byte]pass{}}
}

// issue returns a new secret of 130 random bits; an error of kind Unavailable when too many are in use.
func (p *passes) issue(request rules.Request) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= mostPasses {
		for hash, known := range p.known {
			if !p.now().Before(known.ends) {
				delete(p.known, hash)
			}
		}
	}
	if len(p.known) >= mostPasses {
		return "", &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: "Too many people are signing in. Try again in a few minutes."}
	}
	secret := rand.Text()
	p.known[sha256.Sum256([]byte(secret))] = pass{request, p.now().Add(p.life)}
	return secret, nil
}

// find returns whom a secret stands for; false when it is none, or its time is over.
func (p *passes) find(secret string) (rules.Request, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.known[sha256.Sum256([]byte(secret))]
	return known.request, ok && p.now().Before(known.ends)
}

// take is find, and the secret stands for nobody afterwards.
func (p *passes) take(secret string) (rules.Request, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	hash := sha256.Sum256([]byte(secret))
	known, ok := p.known[hash]
	delete(p.known, hash)
	return known.request, ok && p.now().Before(known.ends)
}
