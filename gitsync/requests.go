package gitsync

import (
	"container/heap"
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/rules"
)

// maxRequests is how many commits FindRequest reads of a history it does not know yet: 0.3 s worth (measured). Requests are
// looked for after a crash or when a command comes twice, minutes later at most, so older ones need no answer.
const maxRequests = 10_000

// requests remembers which commits answer which request. It reads each commit once.
type requests struct {
	mu    sync.Mutex
	head  plumbing.Hash                     // up to where it was read
	known map[rules.Trailer][]plumbing.Hash // one of the trailers below → its commits, newest first
	seen  map[plumbing.Hash]struct{}        // commits that were read
}

// The trailers that commits are found by.
const (
	requestID      = "Request-Id"
	idempotencyKey = "Idempotency-Key"
)

// FindRequest returns the commits of the branch that have the trailer "Request-Id: id", newest first, as far as they are among the
// newest 10,000. The first call reads those, later ones only what came since. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) FindRequest(ctx context.Context, id string) ([]rules.Found, error) {
	return r.find(ctx, rules.Trailer{Key: requestID, Value: id})
}

// FindKey is FindRequest for the trailer "Idempotency-Key: key". A commit that undid a change has none: it is found by the request.
func (r *Rulebook) FindKey(ctx context.Context, key string) ([]rules.Found, error) {
	return r.find(ctx, rules.Trailer{Key: idempotencyKey, Value: key})
}

func (r *Rulebook) find(ctx context.Context, trailer rules.Trailer) ([]rules.Found, error) {
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	hashes, err := r.requests.find(ctx, r.objects, head.commit, trailer)
	if err != nil {
		return nil, unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
	}
	var found []rules.Found
	for _, hash := range hashes {
		commit, err := r.objects.commit(hash)
		if err != nil {
			return nil, unavailable(err, "the history of the rulebook %s cannot be read", r.dir)
		}
		f := rules.Found{Revision: hash.String(), Trailers: Trailers(commit.Message)}
		f.Subject, _, _ = strings.Cut(commit.Message, "\n")
		if len(commit.ParentHashes) > 0 {
			f.Parent = commit.ParentHashes[0].String()
		}
		found = append(found, f)
	}
	return found, nil
}

func (q *requests) find(ctx context.Context, o *objects, head plumbing.Hash, trailer rules.Trailer) ([]plumbing.Hash, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if head != q.head {
		connected, err := q.read(ctx, o, head)
		if err == nil && !connected { // somebody rewrote the history: what we know may be gone from it
			q.known, q.seen = nil, nil
			_, err = q.read(ctx, o, head)
		}
		if err != nil {
			q.head, q.known, q.seen = plumbing.ZeroHash, nil, nil
			return nil, err
		}
		q.head = head
	}
	return q.known[trailer], nil
}

// read reads the commits that lead to head and were not read before, newest first. It reports whether it met the head
// that it read up to the last time, or had read nothing yet.
func (q *requests) read(ctx context.Context, o *objects, head plumbing.Hash) (connected bool, err error) {
	if q.seen == nil {
		q.known, q.seen = map[rules.Trailer][]plumbing.Hash{}, map[plumbing.Hash]struct{}{}
	}
	connected = len(q.seen) == 0
	fresh := map[rules.Trailer][]plumbing.Hash{}
	var next newestFirst
	visit := func(hash plumbing.Hash) error {
		connected = connected || hash == q.head
		if _, ok := q.seen[hash]; ok || hash.IsZero() {
			return nil
		}
		q.seen[hash] = struct{}{}
		commit, err := o.commit(hash)
		if errors.Is(err, plumbing.ErrObjectNotFound) && hash != head {
			return nil // a shallow clone ends here
		}
		if err != nil {
			return err
		}
		heap.Push(&next, commit)
		return ctx.Err()
	}
	if err := visit(head); err != nil {
		return false, err
	}
	for n := 0; next.Len() > 0 && n < maxRequests; n++ {
		commit := heap.Pop(&next).(*object.Commit) //nolint:forcetypeassert // nothing else is pushed
		for _, t := range Trailers(commit.Message) {
			for _, key := range []string{requestID, idempotencyKey} {
				if strings.EqualFold(t.Key, key) {
					t.Key = key
					fresh[t] = append(fresh[t], commit.Hash)
				}
			}
		}
		for _, parent := range commit.ParentHashes {
			if err := visit(parent); err != nil {
				return false, err
			}
		}
	}
	for trailer, hashes := range fresh {
		q.known[trailer] = append(hashes, q.known[trailer]...)
	}
	return connected, nil
}

// newestFirst is a heap of commits by the committer's date.
type newestFirst []*object.Commit

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(i, j int) bool { return h[i].Committer.When.After(h[j].Committer.When) }
func (h newestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *newestFirst) Push(x any)        { *h = append(*h, x.(*object.Commit)) } //nolint:forcetypeassert // see read
func (h *newestFirst) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
