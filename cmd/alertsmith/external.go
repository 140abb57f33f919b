package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// maxExternal is how many commits of one push get an entry of their own in the journal; Git has them all.
const maxExternal = 200

// external hears of what other people pushed: it is written down, each commit under its author with what it did, and told to the channel for reports.
func (s *service) external(ctx context.Context, push rules.ExternalPush) {
	s.keepFrom(ctx, push.Elsewhere)
	reply := bot.External(push)
	written := push.Commits
	if left := len(written) - maxExternal; left > 0 {
		written = slices.DeleteFunc(slices.Clone(written[:left]), func(c rules.PastCommit) bool { return c.Trailer("Action") == "" })
		written = append(written, push.Commits[left:]...) // one that says to be ours has an entry for good
		s.logger.Warn("Only the newest commits that were pushed have an entry of their own in the journal", "id", "AS2102", "commits", len(push.Commits), "without", left)
	}
	head, err := s.applier.BookAt(ctx, push.Head)
	if err != nil {
		head = nil // what a later commit changed again is followed up
	}
	refused := heldError(push.Held)
	rules.NewRebuilder(s.infos, committer, contentOf(s.book)).Push(ctx, push, head, written, func(commit rules.PastCommit, outcome rules.Outcome, err error) {
		if refused != nil {
			outcome.Result, outcome.Err = rules.ValidationError, refused
		}
		if err = errors.Join(err, s.recordExternal(ctx, externalRequest(commit, time.Now()), bot.WithoutSecrets(outcome), reply)); err != nil {
			s.logger.Error("The journal does not say what was pushed", "id", "AS2101", "commit", commit.Revision, "err", err)
		}
	})
	var newest rules.PastCommit // none where the branch was set back
	entry := ""                 // of all this, to be linked to
	if n := len(push.Commits); n > 0 {
		newest = push.Commits[n-1]
		entry = externalID(newest)
	}
	if push.Elsewhere != nil {
		moved := s.elsewhereRequest(push, time.Now())
		if err := s.recordElsewhere(ctx, moved, push, reply); err != nil {
			s.logger.Error("The journal does not say what was pushed", "id", "AS2101", "commit", push.Head, "err", err)
		}
		entry = moved.ID
	}
	if push.Held == nil && s.known.last(toldRevision) != "" { // what is told now ends that something was held
		s.endElsewhere(ctx, push.Head, reply)
	}
	if entry != "" {
		reply = reply.WithEntry(s.cfg.pagesAddress(), entry)
	}
	fields := []any{"commits", len(push.Commits), "newest", newest.Revision, "author", newest.Author.Name}
	if push.Held != nil {
		s.logger.Error("What was pushed is not applied", append(fields, "id", "AS3015", "files", len(push.Held.Paths), "problems", len(push.Held.Problems), "err", refused)...)
	} else {
		s.logger.Info("What was pushed is applied", append(fields, "rulers", standings(push.Rulers), "findings", len(push.Findings))...)
	}
	s.index.Wake()
	s.report(ctx, reply)
	for _, taken := range push.Taken {
		s.follower.took(ctx, taken)
	}
}

// standings says in a line how a push stands at the rulers that it touched.
func standings(changes []rules.ExternalChange) string {
	var all []string
	for _, change := range changes {
		all = append(all, strings.TrimSuffix(fmt.Sprintf("%s: %s, %s", change.Ruler, change.State, change.Reason), ", "))
	}
	return strings.Join(all, "; ")
}

// recordExternal writes down what came from Git, or how it stands now where it is in the journal already, and has what is not live yet followed up.
func (s *service) recordExternal(ctx context.Context, request rules.Request, outcome rules.Outcome, reply bot.Reply) error {
	request = takenBy(request, hostname(), s.zone)
	prior, err := s.journal.Receive(ctx, request)
	if err != nil {
		return err
	}
	if prior != nil {
		request = prior.Request
	}
	err = s.journal.Finish(ctx, rules.Record{
		Request: request, Action: outcome.Action, Outcome: outcome, Reply: reply.WithEntry(s.cfg.pagesAddress(), request.ID).Text, InChannel: true, Done: time.Now(),
	})
	if err == nil && (outcome.State == rules.Pending || outcome.State == rules.NotLoaded) {
		s.applier.Watch(rules.Waiting{Request: request, Outcome: outcome, Since: time.Now()})
	}
	return err
}

// externalRequest returns the request that stands for somebody else's commit.
func externalRequest(commit rules.PastCommit, came time.Time) rules.Request {
	return rules.Request{
		ID:      externalID(commit),
		Key:     "git:" + commit.Revision,
		Time:    came,
		Actor:   rules.Person{ID: authorID(commit.Author), Name: commit.Author.Name, Email: commit.Author.Email},
		Entry:   rules.EntryGit,
		Command: bot.PushedSubject(commit),
	}
}

// externalID is the id of the request that stands for somebody else's commit: as long as the others, and the same again for the same commit.
func externalID(commit rules.PastCommit) string { return "git" + commit.Revision[:23] }

// authorID returns the address of a commit's author, who is no user of the chat server; "" for what has no @: the ids of its users have none, and Git
// takes for an address whatever it is told.
func authorID(author rules.Person) string {
	if !strings.Contains(author.Email, "@") {
		return ""
	}
	return author.Email
}

// heldError says why what was pushed is not applied; nil for nothing.
func heldError(held *rules.HeldPush) error {
	if held == nil {
		return nil
	}
	e := &rules.Error{Kind: rules.Invalid, Offset: -1, Text: "What was pushed is not applied.", Problems: held.Problems}
	if len(held.Problems) > 0 {
		first := held.Problems[0]
		e.Text = fmt.Sprintf("What was pushed is not applied: %s: %s", first.Place(), first.Text)
	}
	return e
}
