package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// own takes a command that the service gives itself through the journal, as the commands of people go, and tells the channel where it was asked
// for. Where the journal cannot be written it is put off. What is tried again, as it failed before, is one entry.
func (s *service) own(ctx context.Context, own rules.OwnCommand, do func(context.Context, rules.Request) rules.Outcome) {
	request := own.Request
	request.Channel = s.askedIn(ctx, own)
	received := request
	received.Key = "own:" + request.ID
	prior, err := s.chat.journal.Receive(ctx, received)
	if err != nil {
		s.logger.Error("What was due is put off: the journal cannot be written", "id", "AS2106", "command", request.Command, "err", err)
		return
	}
	defer s.follower.answering.end(request.ID)
	outcome := do(ctx, request)
	if ctx.Err() != nil && errors.Is(outcome.Err, context.Canceled) {
		return // the service is ending, and the next start looks at it again
	}
	ctx = context.WithoutCancel(ctx) // the service may be ending; the command has come to its end
	news := true
	kind := rules.KindOf(outcome.Err)
	if kind == rules.Uncertain || errors.Is(outcome.Err, rules.ErrLookAgain) {
		return // the rulebook, or the next look at what is due, will say how it ended
	}
	if kind == rules.NotFound { // another replica was faster, or a person
		news = false
		if commits, err := s.book.FindRequest(ctx, request.ID); err == nil && len(commits) > 0 {
			if outcome, err = s.outcomeOf(ctx, commits, stoppedFirst); err == nil && outcome.State == rules.Pending {
				outcome.State, outcome.Reason = "", "" // it is followed up there
			}
		}
	}
	if prior != nil && outcome.Err != nil && prior.Outcome.Err != nil && prior.Outcome.Err.Error() == outcome.Err.Error() {
		return
	}
	told := bot.Own(request, outcome)
	if outcome.Revision != "" {
		told = told.WithEntry(s.follower.pages, request.ID)
	}
	record := rules.Record{
		Request: request, Action: outcome.Action, Outcome: bot.WithoutSecrets(outcome), Reply: told.Text, InChannel: news, Done: time.Now(),
	}
	if err := s.chat.journal.Finish(ctx, record); err != nil {
		s.logger.Error("The journal does not say how a command of the service ended", "id", "AS2107", "request", request.ID, "err", err)
	}
	if news {
		s.follower.tell(ctx, request, told)
	}
}

// ownOfOld returns the newest commit of ours for a request, as the whole history has it; "" where there is none.
func (s *service) ownOfOld(ctx context.Context, request string) (revision string, err error) {
	versions, err := s.index.Versions(ctx, rules.HistoryQuery{Request: request})
	if err != nil {
		return "", err
	}
	for _, v := range versions {
		c, err := v.Commit.Judged(ctx, s.ours)
		if err != nil {
			return "", err
		}
		if !c.External() {
			return c.Revision, nil
		}
	}
	return "", nil
}

// askedIn returns the channel of the command that asked for what is due: of the pause, or of the newest command that says when the rule expires. None
// where nobody said it in a channel.
func (s *service) askedIn(ctx context.Context, own rules.OwnCommand) rules.Place {
	if own.Asked != "" {
		commits, err := s.book.FindRequest(ctx, own.Asked)
		if err != nil || len(commits) == 0 {
			return rules.Place{}
		}
		return placeOf(commits[len(commits)-1].Trailer("Channel"))
	}
	versions, err := s.index.Versions(ctx, rules.HistoryQuery{Rule: &own.Ref})
	at := slices.IndexFunc(versions, func(v rules.Version) bool { return strings.Contains(v.Commit.Body, "expires") })
	if err != nil || at < 0 {
		return rules.Place{}
	}
	return placeOf(versions[at].Commit.Trailer("Channel"))
}

// placeOf reads the trailer Channel: a name, and the id behind it.
func placeOf(trailer string) rules.Place {
	end := strings.LastIndexByte(trailer, ' ')
	return rules.Place{ID: trailer[end+1:], Name: strings.TrimSpace(trailer[:max(end, 0)])}
}
