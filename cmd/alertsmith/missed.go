package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// missedFor is how long a person who does not come back is remembered beyond the end of the service.
const missedFor = 7 * 24 * time.Hour

// missed is the interrupted commands and displaced changes whose authors cannot be told of them in a channel: they gave the commands at a terminal or
// in the console, and hear what came of them with their next one.
type missed struct {
	mu       sync.Mutex
	requests map[string][]string        // id of the author → ids of the requests, the oldest first
	released map[string]*rules.Released // id of the request → what it took in force of somebody else's push
}

// add remembers a command that was interrupted, or whose change was displaced or took in force something of somebody else's push, where its author comes
// by a terminal or the console. released is nil where it is not that; it is known until the service ends.
func (m *missed) add(request rules.Request, released *rules.Released) {
	if request.Entry != rules.EntryCLI && request.Entry != rules.EntryWeb && request.Entry != rules.EntryImport {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.released == nil {
		m.released = map[string]*rules.Released{}
	}
	if released != nil {
		m.released[request.ID] = released
	}
	if m.requests == nil {
		m.requests = map[string][]string{}
	}
	if !slices.Contains(m.requests[request.Actor.ID], request.ID) {
		m.requests[request.Actor.ID] = append(m.requests[request.Actor.ID], request.ID)
	}
}

// releasedBy returns what a request took in force, once; nil for nothing.
func (m *missed) releasedBy(requestID string) *rules.Released {
	m.mu.Lock()
	defer m.mu.Unlock()
	released := m.released[requestID]
	delete(m.released, requestID)
	return released
}

// take returns what a person has missed, once.
func (m *missed) take(actorID string) (requests []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	requests = m.requests[actorID]
	delete(m.requests, actorID)
	return requests
}

// missedBy returns the commands of a person who was not told what came of them, as they stand now.
func (s *service) missedBy(ctx context.Context, actorID string) (records []rules.Record) {
	for _, id := range s.missed.take(actorID) {
		record, err := s.journal.Record(ctx, id)
		if err != nil {
			s.logger.Warn("A person was not told what came of a command", "id", "AS4011", "request", id, "err", err)
			continue
		}
		if record.Done.IsZero() { // its answer is still to come, and may tell it
			s.missed.add(record.Request, nil)
			continue
		}
		record.Outcome.Released = s.missed.releasedBy(id)
		if answeredAsDisplaced(record) && !record.Outcome.Interrupted && record.Outcome.Released == nil {
			continue
		}
		records = append(records, record)
	}
	return records
}
