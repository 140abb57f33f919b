package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// follower writes down and tells how changes end that were answered before their end.
type follower struct {
	journal    *journal.DB
	mattermost *bot.Mattermost // nil: nobody can be told
	pages      string          // as bot.Backend has it
	missed     *missed
	logger     *slog.Logger
	answering  answering
}

// settled hears of a change that waited and is live now, or was undone.
func (f *follower) settled(ctx context.Context, w rules.Waiting) {
	ctx = context.WithoutCancel(ctx) // the service may be ending; the change has come to its end
	displaced := w.Outcome.State == rules.Displaced
	if displaced {
		var told bool
		if w, told = f.displaced(ctx, w); told {
			return
		}
	}
	err := f.journal.SetOutcome(ctx, w.Request.ID, bot.WithoutSecrets(w.Outcome))
	if errors.Is(err, journal.ErrNotReceived) {
		return // whoever gave the command hears it from the replica that took it
	}
	if err != nil {
		f.logger.Error("The journal does not say that a change has settled", "id", "AS2103", "request", w.Request.ID, "err", err)
	}
	if displaced && !f.reaches(w.Request) {
		f.missed.add(w.Request, nil)
	}
	f.answering.wait(ctx, w.Request.ID)
	if record, err := f.journal.Record(ctx, w.Request.ID); displaced && err == nil && answeredAsDisplaced(record) {
		return
	}
	f.tell(ctx, w.Request, bot.Settled(w, time.Now()).WithEntry(f.pages, w.Request.ID))
}

// displaced returns a change that was displaced, with all that the journal says of it: the commit that says so knows little of that. told reports that its
// author heard it as the answer to the command.
func (f *follower) displaced(ctx context.Context, w rules.Waiting) (_ rules.Waiting, told bool) {
	now := time.Now()
	record, err := f.journal.Record(ctx, w.Request.ID)
	switch {
	case err != nil: // SetOutcome says what is wrong
	case record.Done.IsZero(): // Finish knows the rest
		w.Request = record.Request
	default:
		told = answeredAsDisplaced(record) && record.Outcome.Undone == w.Outcome.Undone
		w.Request, w.Outcome = record.Request, record.Outcome.DisplacedBy(w.Outcome)
	}
	w.Outcome.DisplacedAt = now
	return w, told
}

// answeredAsDisplaced reports whether the answer to a command said already that its change was displaced.
func answeredAsDisplaced(r rules.Record) bool {
	return !r.Done.IsZero() && r.Outcome.State == rules.Displaced && r.Outcome.DisplacedAt.IsZero()
}

// took hears of a change that took in force something of what somebody else pushed, when it was planned again on top of that.
func (f *follower) took(ctx context.Context, taken rules.Taken) {
	record, err := f.journal.Record(ctx, taken.Request.ID)
	if err != nil { // whoever gave the command hears it from the replica that took it
		return
	}
	if !f.reaches(record.Request) {
		f.missed.add(record.Request, &taken.Released)
	}
	f.tell(ctx, record.Request, bot.Took(record, taken).WithEntry(f.pages, record.Request.ID))
}

// reaches reports whether somebody can be told of a request: it came from a channel, or is about what was asked for in one.
func (f *follower) reaches(request rules.Request) bool {
	return f.mattermost != nil && (request.Entry == rules.EntryChat || request.Entry == rules.EntryService && request.Channel.ID != "")
}

// tell tells the channel of a request, where there is one.
func (f *follower) tell(ctx context.Context, request rules.Request, reply bot.Reply) {
	if !f.reaches(request) {
		return
	}
	if err := f.mattermost.Tell(ctx, request, reply); err != nil {
		f.logger.Warn("The channel was not told", "id", "AS1005", "request", request.ID, "err", err)
	}
}

// resume takes up what the last run left: commands whose end nobody wrote down are looked up in the rulebook, and changes that were not
// live are followed up. A command that cannot be looked up stays open for the next start; only an unreadable journal is an error.
func (s *service) resume(ctx context.Context) error {
	interrupted, err := s.journal.Interrupted(ctx)
	if err != nil {
		return err
	}
	untold, err := s.journal.Missed(ctx, time.Now().Add(-missedFor))
	if err != nil {
		return err
	}
	for _, record := range untold {
		s.missed.add(record.Request, nil)
	}
	inDoubt := s.book.Doubts()
	for _, record := range interrupted {
		if slices.Contains(inDoubt, record.Request.ID) {
			continue // the Git server may have taken it; decided hears of it
		}
		if _, err := s.finishInterrupted(ctx, record, false); err != nil {
			s.logger.Error("A command that was interrupted could not be looked up; the next start tries again", "id", "AS4005", "request", record.Request.ID, "err", err)
		}
	}
	waiting, err := s.journal.Waiting(ctx)
	if err != nil {
		return err
	}
	for _, record := range waiting {
		if err := s.followUp(ctx, record); err != nil {
			s.logger.Error("A change that waits could not be looked up; the next start tries again", "id", "AS4006", "request", record.Request.ID, "err", err)
		}
	}
	return nil
}

// followUp takes up a change that was not live when the service stopped.
func (s *service) followUp(ctx context.Context, record rules.Record) error {
	change := rules.Waiting{Request: record.Request, Outcome: record.Outcome, Since: record.Request.Time}
	commits, err := s.notForeign(ctx, record.Request.ID)
	if err != nil {
		return err
	}
	if undone(&change.Outcome, commits) { // and the service ended before it could write that down
		s.follower.settled(ctx, change)
		return nil
	}
	if !slices.ContainsFunc(s.infos, func(r rules.RulerInfo) bool { return r.Name == change.Outcome.Ruler }) {
		s.logger.Warn("A change waits for a ruler that is no longer configured", "id", "AS4007", "request", record.Request.ID, "ruler", change.Outcome.Ruler)
		change.Outcome.State = rules.NotLoaded
		change.Outcome.Reason = fmt.Sprintf("the ruler %q is no longer configured", change.Outcome.Ruler)
		return s.journal.SetOutcome(ctx, record.Request.ID, change.Outcome)
	}
	s.applier.Watch(change)
	return nil
}

// notForeign returns the commits of a request, the newest first, without those that were somebody else's when they came. One that undid a change is known to
// nobody but by its message where the service was killed before it could write that down.
func (s *service) notForeign(ctx context.Context, request string) ([]rules.Found, error) {
	commits, err := s.book.FindRequest(ctx, request)
	if err != nil {
		return nil, err
	}
	id := func(f rules.Found) string { return externalID(rules.PastCommit{Found: f}) }
	ids := make([]string, len(commits))
	for i, f := range commits {
		ids[i] = id(f)
	}
	foreign, err := s.journal.Received(ctx, ids)
	return slices.DeleteFunc(commits, func(f rules.Found) bool { return foreign[id(f)] }), err
}

// Why a command came to nothing of which it was not known how it ended, and why what came of one is not live yet.
const (
	stopped      = "The service was stopped while it worked on this; nothing was changed. Please send the command again."
	notTaken     = "The Git server has not taken the change; nothing was changed. Please send the command again."
	stoppedFirst = "the service was stopped before the ruler had answered"
	takenLate    = "it was not known at first whether the Git server had taken it"
)

// finishInterrupted decides by the rulebook how a command ended, writes it down and tells its author: what it committed stands, and what it did not never
// happened. inDoubt says that it was the Git server of which nobody knew whether it took the change; else the service was stopped.
func (s *service) finishInterrupted(ctx context.Context, record rules.Record, inDoubt bool) (rules.Record, error) {
	why, pending := stopped, stoppedFirst
	if inDoubt {
		why, pending = notTaken, takenLate
	}
	commits, err := s.applier.OwnOf(ctx, record.Request.ID)
	if err != nil {
		return record, err
	}
	settled := record.Outcome // of which the service ended before it could write down that the change waited; else it says nothing
	record.Outcome = rules.Outcome{Result: rules.Failed, Err: &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: why}}
	record.Action = bot.ActionOf(record.Request)
	if len(commits) > 0 {
		if record.Outcome, err = s.outcomeOf(ctx, commits, pending); err != nil {
			return record, err
		}
		if record.Outcome.State == rules.Pending && settled.State != "" {
			record.Outcome = settled
		}
		record.Action = record.Outcome.Action
	}
	record.Outcome.Interrupted, record.Outcome.InDoubt = true, inDoubt
	told := bot.Interrupted(record)
	if len(commits) > 0 {
		told = told.WithEntry(s.follower.pages, record.Request.ID)
	}
	// What the service does by itself is due again when nothing came of it: that is nobody's business.
	tells := s.follower.reaches(record.Request) && (len(commits) > 0 || record.Request.Entry != rules.EntryService)
	if record.Done = time.Now(); tells {
		record.Reply, record.InChannel = told.Text, told.InChannel
	}
	record.Outcome = bot.WithoutSecrets(record.Outcome)
	s.logger.Info("A command of which the end was not known was looked up in the rulebook", "request", record.Request.ID,
		"result", record.Outcome.Result, "state", record.Outcome.State, "commit", record.Outcome.Revision)
	if err := s.journal.Finish(ctx, record); err != nil {
		return record, err
	}
	s.follower.answering.end(record.Request.ID)
	if tells {
		s.follower.tell(ctx, record.Request, told)
		return record, nil
	}
	s.missed.add(record.Request, nil)
	return record, nil
}

// outcomeOf returns what a change did and how it stands by its commits, the newest first: whether the ruler runs it is seen when it is followed up, and pending says
// why that is not known yet.
func (s *service) outcomeOf(ctx context.Context, commits []rules.Found, pending string) (rules.Outcome, error) {
	change, later := commits[len(commits)-1], slices.Clone(commits[:len(commits)-1])
	slices.Reverse(later)
	var record rules.Record
	err := s.book.Log(ctx, change.Parent, change.Revision, func(commit rules.PastCommit) (err error) {
		record, err = rules.NewRebuilder(s.infos, committer, contentOf(s.book)).Record(ctx, commit, later)
		return err
	})
	if record.Outcome.State == "" {
		record.Outcome.State, record.Outcome.Reason = rules.Pending, pending
	}
	return record.Outcome, err
}

// undone reports whether one of the commits of a change's request, the newest first, stands in its place, or is a later one that undid it, and says so in
// its outcome. The first is the change itself, which may be another commit by now than the outcome says.
func undone(outcome *rules.Outcome, commits []rules.Found) bool {
	for i, commit := range commits {
		switch {
		case commit.Displaces():
			commit.Displace(outcome)
			return true
		case commit.Trailer("Action") == "undo" && i < len(commits)-1:
			outcome.State, outcome.Undone, outcome.Reason = rules.Reverted, commit.Revision, "the ruler refused it"
			return true
		}
	}
	return false
}
