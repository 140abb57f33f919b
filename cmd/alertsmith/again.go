package main

import (
	"context"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// answered looks in the rulebook for a change that was made with the request's idempotency key, and returns how it ended; nil when there
// is none. It is asked for what the journal does not know, which matters when the journal was lost: the rulebook outlives it.
func (s *service) answered(ctx context.Context, request rules.Request) (*rules.Record, error) {
	if request.Key == "" {
		return nil, nil
	}
	commits, err := s.book.FindKey(ctx, request.Key)
	if err != nil || len(commits) == 0 {
		return nil, err
	}
	if commits, err = s.book.FindRequest(ctx, commits[0].Trailer("Request-Id")); err != nil || len(commits) == 0 {
		return nil, err
	}
	record := rules.Record{Request: request, Done: time.Now()}
	if record.Outcome, err = s.outcomeOf(ctx, commits, ""); err != nil {
		return nil, err
	}
	if record.Outcome.State == rules.Pending { // whether the ruler runs it was not asked
		record.Outcome.State, record.Outcome.Reason = "", ""
	}
	told := bot.Interrupted(record)
	record.Action, record.Reply, record.InChannel = record.Outcome.Action, told.Text, told.InChannel
	return &record, nil
}
