package gitsync

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// maxRequests is how many commits FindRequest reads of a history that it does not know yet. Requests are looked for after a crash or when a
// command comes twice, minutes later at most, so older ones need no answer.
const maxRequests = 10_000

// requests remembers which commits answer which request, up to the head that it has read last.
type requests struct {
	mu       sync.Mutex
	head     plumbing.Hash
	answered []answer // the oldest first; at least those of the newest maxRequests commits
}

// answer is a commit that says which request it answers.
type answer struct {
	commit  plumbing.Hash
	request string // the trailer Request-Id
	key     string // the trailer Idempotency-Key; "" when it has none
}

// FindRequest returns the commits of the branch that have the trailer "Request-Id: id", newest first, as far as they are among the
// newest 10,000. The first call reads those, later ones only what came since. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) FindRequest(ctx context.Context, id string) ([]rules.Found, error) {
	return r.find(ctx, func(a answer) bool { return a.request == id && id != "" })
}

// FindKey is FindRequest for the trailer "Idempotency-Key: key". A commit that undid a change has none: it is found by the request.
func (r *Rulebook) FindKey(ctx context.Context, key string) ([]rules.Found, error) {
	return r.find(ctx, func(a answer) bool { return a.key == key && key != "" })
}

func (r *Rulebook) find(ctx context.Context, wanted func(answer) bool) ([]rules.Found, error) {
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	hashes, err := r.requests.find(ctx, r.objects, head.commit, wanted)
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

// find returns the wanted commits that lead to head, newest first.
func (q *requests) find(ctx context.Context, o *objects, head plumbing.Hash, wanted func(answer) bool) ([]plumbing.Hash, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err := q.follow(ctx, o, head); err != nil {
		return nil, err
	}
	var hashes []plumbing.Hash
	for _, a := range slices.Backward(q.answered) {
		if wanted(a) {
			hashes = append(hashes, a.commit)
		}
	}
	return hashes, nil
}

// follow reads what leads to head and not to the head before, and forgets what leads only there. Where that cannot be told any more, as
// somebody rewrote the history and removed the old one, it begins anew.
func (q *requests) follow(ctx context.Context, o *objects, head plumbing.Hash) error {
	if head == q.head {
		return nil
	}
	gone, err := q.between(ctx, o, head, q.head)
	var fresh []answer
	if err == nil {
		fresh, err = q.between(ctx, o, q.head, head)
	}
	if err != nil && !q.head.IsZero() && ctx.Err() == nil {
		q.head, q.answered, gone = plumbing.ZeroHash, nil, nil
		fresh, err = q.between(ctx, o, plumbing.ZeroHash, head)
	}
	if err != nil {
		return err
	}
	if len(gone) > 0 {
		stale := map[answer]bool{}
		for _, a := range gone {
			stale[a] = true
		}
		q.answered = slices.DeleteFunc(q.answered, func(a answer) bool { return stale[a] })
	}
	q.answered = append(q.answered, fresh...)
	if more := len(q.answered) - maxRequests; more > maxRequests {
		q.answered = slices.Clone(q.answered[more:])
	}
	q.head = head
	return nil
}

// between returns the answers among the newest commits that lead to one commit and not to another, the oldest first.
func (q *requests) between(ctx context.Context, o *objects, from, to plumbing.Hash) ([]answer, error) {
	w, err := newWalk(o)
	if err != nil {
		return nil, err
	}
	commits, err := w.between(ctx, to, maxRequests, from)
	if err != nil {
		return nil, err
	}
	var answers []answer
	for _, n := range commits {
		commit, err := o.commit(n.hash)
		if err != nil {
			return nil, err
		}
		a := answer{commit: n.hash}
		for _, t := range Trailers(commit.Message) {
			switch {
			case strings.EqualFold(t.Key, "Request-Id"):
				a.request = strings.Clone(t.Value)
			case strings.EqualFold(t.Key, "Idempotency-Key"):
				a.key = strings.Clone(t.Value)
			}
		}
		if a.request != "" || a.key != "" {
			answers = append(answers, a)
		}
	}
	return answers, nil
}
