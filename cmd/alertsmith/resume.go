package main

import (
	"context"
	"log/slog"
	"reflect"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// follower writes down and tells how changes end that were answered before their end.
type follower struct {
	journal    *journal.DB
	mattermost *bot.Mattermost // nil: nobody can be told
	logger     *slog.Logger
}

// settled hears of a change that waited and is live now, or was undone.
func (f *follower) settled(ctx context.Context, w rules.Waiting) {
	ctx = context.WithoutCancel(ctx) // the service may be ending; the change has come to its end
	if err := f.journal.SetOutcome(ctx, w.Request.ID, w.Outcome); err != nil {
		f.logger.Error("The journal does not say that a change has settled", "request", w.Request.ID, "err", err)
	}
	f.tell(ctx, w.Request, bot.Settled(w, time.Now()))
}

// tell tells the channel of a request.
func (f *follower) tell(ctx context.Context, request rules.Request, reply bot.Reply) {
	if f.mattermost == nil || request.Entry != "chat" {
		return
	}
	if err := f.mattermost.Tell(ctx, request, reply); err != nil {
		f.logger.Warn("The channel was not told", "request", request.ID, "err", err)
	}
}

// resume takes up what the last run left: commands whose end nobody wrote down are looked up in the rulebook, and changes that were not
// live are followed up.
func (s *service) resume(ctx context.Context) error {
	interrupted, err := s.journal.Interrupted(ctx)
	if err != nil {
		return err
	}
	for _, record := range interrupted {
		if err := s.finishInterrupted(ctx, record); err != nil {
			return err
		}
	}
	waiting, err := s.journal.Waiting(ctx)
	if err != nil {
		return err
	}
	for _, record := range waiting {
		s.applier.Watch(rules.Waiting{Request: record.Request, Outcome: record.Outcome, Since: record.Request.Time})
	}
	return nil
}

// finishInterrupted decides by the rulebook how a command ended: what it committed stands, and what it did not never happened.
func (s *service) finishInterrupted(ctx context.Context, record rules.Record) error {
	commits, err := s.book.FindRequest(ctx, record.Request.ID)
	if err != nil {
		return err
	}
	record.Outcome = rules.Outcome{Result: rules.Failed, Err: &rules.Error{
		Kind: rules.Unavailable, Offset: -1, Text: "The service was stopped while it worked on this; nothing was changed. Please send the command again.",
	}}
	if len(commits) > 0 {
		if record.Outcome, err = s.outcomeOf(ctx, commits); err != nil {
			return err
		}
	}
	told := bot.Interrupted(record)
	record.Action, record.Reply, record.InChannel, record.Done = record.Outcome.Action, told.Text, told.InChannel, time.Now()
	s.logger.Info("A command that was interrupted was looked up in the rulebook", "request", record.Request.ID,
		"result", record.Outcome.Result, "state", record.Outcome.State, "commit", record.Outcome.Revision)
	if err := s.journal.Finish(ctx, record); err != nil {
		return err
	}
	s.follower.tell(ctx, record.Request, told)
	return nil
}

// outcomeOf returns how a change stands by its commits, the newest first: whether the ruler runs it is seen when it is followed up.
func (s *service) outcomeOf(ctx context.Context, commits []rules.Found) (rules.Outcome, error) {
	change := commits[len(commits)-1]
	refs, err := s.changed(ctx, change)
	if err != nil {
		return rules.Outcome{}, err
	}
	outcome := rules.Outcome{
		Result:   rules.Success,
		Action:   trailer(change, "Action"),
		Ruler:    trailer(change, "Ruler"),
		Revision: change.Revision,
		Refs:     refs,
		State:    rules.Pending,
		Reason:   "the service was stopped before the ruler had answered",
	}
	if len(commits) > 1 {
		outcome.State, outcome.Undone, outcome.Reason = rules.Reverted, commits[0].Revision, "the ruler refused it"
	}
	return outcome, nil
}

// changed returns the rules that are in one of the commit and its parent alone, or differ between them.
func (s *service) changed(ctx context.Context, commit rules.Found) (refs []rules.Ref, err error) {
	var sides [2]map[rules.Ref]rules.Rule
	for i, revision := range []string{commit.Parent, commit.Revision} {
		sides[i] = map[rules.Ref]rules.Rule{}
		if revision == "" {
			continue
		}
		tree, err := s.book.At(ctx, revision)
		if err != nil {
			return nil, err
		}
		book, err := rules.NewBook(s.infos).At(tree)
		if err != nil {
			return nil, err
		}
		for _, entry := range book.Entries(trailer(commit, "Ruler")) {
			sides[i][entry.Ref] = entry.Rule
		}
	}
	for ref, rule := range sides[0] {
		if other, there := sides[1][ref]; !there || !reflect.DeepEqual(rule, other) {
			refs = append(refs, ref)
		}
	}
	for ref := range sides[1] {
		if _, there := sides[0][ref]; !there {
			refs = append(refs, ref)
		}
	}
	return refs, nil
}

func trailer(commit rules.Found, key string) string {
	for _, t := range commit.Trailers {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}
