package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// maxExternal is how many commits of one push get an entry of their own in the journal; Git has them all.
const maxExternal = 200

// maxExternalRefs is how many rules the journal names of one push; the history has them all.
const maxExternalRefs = 100

// external hears of what other people pushed: it is written down, each commit under its author, and told to the channel for reports.
func (s *service) external(ctx context.Context, push rules.ExternalPush) {
	outcome := outcomeOfPush(push)
	reply := bot.External(push)
	newest := push.Commits[len(push.Commits)-1]
	written := push.Commits
	if left := len(written) - maxExternal; left > 0 {
		written = written[left:]
		s.logger.Warn("Only the newest commits that were pushed have an entry of their own in the journal", "id", "AS2102", "commits", len(push.Commits), "without", left)
	}
	for _, commit := range written {
		own := outcome
		if commit.Revision != newest.Revision { // which rules the push touched, and how they stand, is said and followed up once
			own.Refs, own.Ruler, own.State, own.Reason = nil, "", "", ""
		}
		if err := s.recordExternal(ctx, commit, own, reply); err != nil {
			s.logger.Error("The journal does not say what was pushed", "id", "AS2101", "commit", commit.Revision, "err", err)
		}
	}
	fields := []any{"commits", len(push.Commits), "newest", newest.Revision, "author", newest.Author.Name}
	if push.Held != nil {
		s.logger.Error("What was pushed is not applied", append(fields, "id", "AS3015", "files", len(push.Held.Paths), "problems", len(push.Held.Problems), "err", outcome.Err)...)
	} else {
		s.logger.Info("What was pushed is applied", append(fields, "state", outcome.State, "reason", outcome.Reason)...)
	}
	s.index.Wake()
	s.report(ctx, reply.WithEntry(s.cfg.pagesAddress(), externalRequest(newest, time.Time{}).ID))
}

// recordExternal writes one commit down, or how it stands now where it is in the journal already.
func (s *service) recordExternal(ctx context.Context, commit rules.PastCommit, outcome rules.Outcome, reply bot.Reply) error {
	request := takenBy(externalRequest(commit, time.Now()), hostname(), s.zone)
	outcome.Revision = commit.Revision
	prior, err := s.journal.Receive(ctx, request)
	if err != nil {
		return err
	}
	if prior != nil {
		request = prior.Request
	}
	return s.journal.Finish(ctx, rules.Record{
		Request: request, Action: outcome.Action, Outcome: outcome, Reply: reply.WithEntry(s.cfg.pagesAddress(), request.ID).Text, InChannel: true, Done: time.Now(),
	})
}

// externalRequest returns the request that stands for somebody else's commit. Whoever made it is no user of the chat server: there is no id.
func externalRequest(commit rules.PastCommit, came time.Time) rules.Request {
	return rules.Request{
		ID:      "git" + commit.Revision[:23], // as long as the others, and the same again for the same commit
		Key:     "git:" + commit.Revision,
		Time:    came,
		Actor:   rules.Person{Name: commit.Author.Name, Email: commit.Author.Email},
		Entry:   rules.EntryGit,
		Command: commit.Subject,
	}
}

// outcomeOfPush sums up how a push stands: in force where it is so in every ruler that it touched.
func outcomeOfPush(push rules.ExternalPush) rules.Outcome {
	outcome := rules.Outcome{Result: rules.Success, Action: "external"}
	if push.Held != nil {
		outcome.Result = rules.ValidationError
		outcome.Err = &rules.Error{Kind: rules.Invalid, Offset: -1, Text: "What was pushed is not applied.", Problems: push.Held.Problems}
		if problems := push.Held.Problems; len(problems) > 0 {
			outcome.Err = &rules.Error{Kind: rules.Invalid, Offset: -1, Problems: problems,
				Text: fmt.Sprintf("What was pushed is not applied: %s:%d: %s", problems[0].Path, problems[0].Line, problems[0].Text)}
		}
		return outcome
	}
	for _, change := range push.Rulers {
		outcome.Refs = append(outcome.Refs, change.Refs...)
		if outcome.Ruler == "" || outcome.State.InForce() {
			outcome.Ruler, outcome.State, outcome.Reason = change.Ruler, change.State, change.Reason
		}
	}
	outcome.Refs = outcome.Refs[:min(len(outcome.Refs), maxExternalRefs)]
	return outcome
}
