package gitsync

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

// receive makes the commit tip, where the server's branch stands, and all that it needs part of the repository. No ref names it yet. What the
// server sends is not trusted: sizes are limited before anything is unpacked, every object's name is computed from its content, and
// nothing that a commit needs may be missing.
func (r *Rulebook) receive(ctx context.Context, tip plumbing.Hash) error {
	s := r.sync
	done, err := s.lockReceiving(ctx)
	if err != nil {
		return err
	}
	defer done()
	head, err := readRef(r.fs, r.branch)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	known := []plumbing.Hash{head, s.lastSeen()}
	if tip.IsZero() || tip == s.whole || tip == known[0] || tip == known[1] {
		return nil
	}
	if r.objects.has(tip) {
		missing, err := r.objects.beyond(ctx, tip, known...)
		if err == nil && len(missing.commits) == 0 {
			return nil
		}
	}
	haves, err := r.haves(known)
	if err != nil {
		return unavailable(err, "the rulebook %s cannot be read", r.dir)
	}
	progress := s.progress
	if progress == nil || !s.lastSeen().IsZero() { // that is no clone
		progress = func(string) {}
	}
	types := map[plumbing.Hash]plumbing.ObjectType{}
	var came *pack
	if err := s.remote.Fetch(ctx, tip, haves, progress, func(from io.Reader) (err error) {
		came, err = r.storePack(ctx, from, types)
		return err
	}); err != nil {
		return r.unusable(errors.Join(err, r.dropPack(came)))
	}
	progress(fmt.Sprintf("checking %d objects", len(types)))
	if err := r.assertWhole(ctx, tip, known, types); err != nil {
		return r.unusable(errors.Join(err, r.dropPack(came)))
	}
	s.whole = tip
	if came != nil {
		s.came = append(s.came, came)
	}
	return nil
}

// lockReceiving waits until nobody else fetches, and lets nobody do so until done is called. Failures are *rules.Error of kind Unavailable.
func (s *syncing) lockReceiving(ctx context.Context) (done func(), err error) {
	select {
	case <-s.receiving:
		return func() { s.receiving <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, unavailable(ctx.Err(), "the Git server %s takes too long to send what others pushed", s.remote)
	}
}

// unusable says for a person what came of a fetch, unless the error does.
func (r *Rulebook) unusable(err error) error {
	_, ours := errors.AsType[*rules.Error](err)
	fault := rules.DiskFault(err)
	what := fmt.Sprintf("a file of more than %d MB, or more than %d million files at once", maxObject>>20, maxPackObjects/1_000_000) // before anything is unpacked
	if large, ok := errors.AsType[*largeObject](err); ok {
		what = large.what()
	}
	switch {
	case ours:
		return err
	case errors.Is(err, ErrTooLarge):
		return unavailable(err, "what the Git server %s sent has %s; nothing of it is used, "+
			"and nothing is fetched or pushed as long as that is in its history", r.sync.remote, what)
	case fault != "":
		return unavailable(err, "what the Git server %s sent cannot be written here%s; nothing of it is used", r.sync.remote, fault)
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return unavailable(err, "what the Git server %s sent is not whole: it lacks what its own commits name; nothing of it is used. Is the repository there a shallow clone? "+
			"Then complete it there with `git fetch --unshallow`", r.sync.remote)
	default:
		return unavailable(err, "what the Git server %s sent is not what Git would send; nothing of it is used", r.sync.remote)
	}
}

// release lets `git repack` have the packs that came, as there is a ref that needs them now.
func (s *syncing) release(ctx context.Context, fs *durable) error {
	done, err := s.lockReceiving(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, p := range s.came {
		err = errors.Join(err, fs.releasePack(p))
	}
	s.came = nil
	return err
}

// haves returns what the server is told that we have: the commits known, and older and older ones before them, of which it still has
// one when its history was rewritten.
func (r *Rulebook) haves(known []plumbing.Hash) ([]plumbing.Hash, error) {
	var haves []plumbing.Hash
	for _, hash := range known {
		for distance, next := 0, 1; !hash.IsZero() && next <= 256; distance++ {
			if distance == 0 || distance == next {
				haves = append(haves, hash)
				next = max(2*distance, 1)
			}
			commit, err := r.objects.commit(hash)
			if err != nil {
				return nil, err
			}
			if hash = plumbing.ZeroHash; len(commit.ParentHashes) > 0 {
				hash = commit.ParentHashes[0]
			}
		}
	}
	return haves, nil
}
