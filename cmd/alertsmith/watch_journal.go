package main

import (
	"context"
	"time"
)

const (
	verifyInterval = 24 * time.Hour  // how often the journal's chain is looked through as a whole
	verifyDelay    = 5 * time.Second // of the first look: at the start people and rulers wait for the machine
)

// watchJournal proves soon after the start and once a day that the journal is as it was written, and says so in the metrics.
func (s *service) watchJournal(ctx context.Context) {
	for wait := verifyDelay; ; wait = verifyInterval {
		select {
		case <-time.After(wait):
			s.verifyJournal(ctx)
		case <-ctx.Done():
			return
		}
	}
}

func (s *service) verifyJournal(ctx context.Context) {
	anchors, err := readAnchors(ctx, s.settings.storage, s.cfg.Git, restful(ctx))
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.logger.Warn("The journal could not be verified", "id", "AS2301", "err", err)
		return
	}
	found, flaw, err := s.search.Verify(ctx, anchors, stumpChecker(s.settings.storage, s.cfg.Git))
	s.metrics.claims.Set(float64(found.Claims))
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.logger.Warn("The journal could not be verified", "id", "AS2301", "err", err)
	case flaw != nil:
		s.logger.Error("The journal is not as it was written", "id", "AS2302", "event", flaw.Event, "flaw", flaw.Text)
		s.metrics.verified(false)
	case found.Claims > 0:
		s.logger.Warn("Commits that the journal does not know contradict it", "id", "AS2303", "commits", found.Claims, "claim", claimed(found))
		s.metrics.verified(true)
	default:
		s.logger.Info("The journal is as it was written", "entries", found.Entries, "events", found.Events)
		s.metrics.verified(true)
	}
}

// restful returns what work that nobody waits for calls after each of its steps: it rests three times as long as it has worked, so that
// somebody who waits has nearly all of the machine.
func restful(ctx context.Context) func() {
	const most = 5 * time.Millisecond // of work at a time
	began := time.Now()
	return func() {
		worked := time.Since(began)
		if worked < most {
			return
		}
		select {
		case <-time.After(3 * worked):
		case <-ctx.Done():
		}
		began = time.Now()
	}
}
