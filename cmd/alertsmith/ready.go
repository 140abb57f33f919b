package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// written is when it was last tried whether all that the service keeps can be written. It is found out by writing, and so at most once in lookPause:
// anybody may ask.
type written struct {
	mu   sync.Mutex
	last time.Time
	why  []string // it could not
}

const lookPause = time.Second

// unwritable returns why commands would be refused now, as what they are kept in cannot be written.
func (s *service) unwritable(ctx context.Context) (why []string) {
	s.written.mu.Lock()
	defer s.written.mu.Unlock()
	if time.Since(s.written.last) < lookPause {
		return s.written.why
	}
	for _, err := range []error{s.journal.Writable(ctx), s.book.Writable()} {
		if e, ok := errors.AsType[*rules.Error](err); ok {
			why = append(why, strings.ToUpper(e.Text[:1])+e.Text[1:]+".")
		}
	}
	s.written.last, s.written.why = time.Now(), why
	return why
}

// unready says what the service still waits for.
func (s *service) unready(ctx context.Context) (waits []string) {
	status := s.applier.Status(ctx)
	if status.Err != nil {
		waits = append(waits, "The rulebook cannot be read.")
	}
	waits = append(waits, s.unwritable(ctx)...)
	if !status.Reconciled {
		waits = append(waits, "Not every ruler was compared with the rulebook yet.")
	}
	return waits
}

// notes says what somebody has to see to while commands are taken all the same.
func (s *service) notes(ctx context.Context) (notes []string) {
	status := s.status(ctx)
	if held := status.Held; held != nil {
		notes = append(notes, fmt.Sprintf("What was pushed to the rulebook is not applied: %d commits, of which %d rule files are held as they were.", len(held.Commits), len(held.Paths)))
		for _, p := range held.Problems[:min(len(held.Problems), 10)] {
			notes = append(notes, "  "+p.Place()+": "+p.Text)
		}
	}
	if status.Remote.Rewritten != nil {
		notes = append(notes, "The history on the Git server was rewritten: nothing is fetched or pushed.")
	}
	if n := status.Remote.Unpushed; n > 0 && status.Remote.Err != nil {
		notes = append(notes, fmt.Sprintf("%d commits are not pushed: the Git server does not take them now.", n))
	}
	return notes
}
