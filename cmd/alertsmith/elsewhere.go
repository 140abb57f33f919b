package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// maxElsewhere is how many entries of branches that were put elsewhere are ended at once.
const maxElsewhere = 100

// recordElsewhere writes down that the branch was put elsewhere: nobody asked for that here, and what it did to the rules is in no commit.
func (s *service) recordElsewhere(ctx context.Context, request rules.Request, push rules.ExternalPush, reply bot.Reply) error {
	e := push.Elsewhere
	outcome := e.Change
	outcome.Why = fmt.Sprintf("%s is not part of the rulebook's branch any more, which is at %s.", e.From, push.Head)
	if refused := heldError(push.Held); refused != nil {
		outcome = rules.Outcome{Result: rules.ValidationError, Err: refused, Action: rules.ExternalAction, Why: outcome.Why, Refs: e.Stay, Revision: push.Head}
		if len(e.Stay) > 0 {
			outcome.Ruler = e.Stay[0].Ruler
		}
	}
	return s.recordExternal(ctx, request, bot.WithoutSecrets(outcome), reply)
}

// keepFrom has the commit that the branch was put away from stay readable, so that what it had can be put back, and notes by which refs all that is gone is.
func (s *service) keepFrom(ctx context.Context, e *rules.Elsewhere) {
	if e == nil || e.Lost {
		return
	}
	first := e.From
	if len(e.Gone) > 0 {
		first = e.Gone[0].Revision
	}
	var err error
	if e.Kept, err = s.book.Keep(ctx, e.From, first); err != nil {
		s.logger.Warn("The commit that the rulebook's branch was put away from is not kept", "id", "AS3024", "commit", e.From, "err", err)
		e.Back = nil
	}
}

// elsewhereRequest returns the request that stands for what put the branch elsewhere: the same again for the same, and another when it is put there once more.
// What it was put away from is noted until that was told of.
func (s *service) elsewhereRequest(push rules.ExternalPush, came time.Time) rules.Request {
	e := push.Elsewhere
	noted := goodRevision
	for _, name := range []string{toldRevision, seenRevision} {
		if s.known.last(name) == e.From {
			noted = name
		}
	}
	key := fmt.Sprintf("git:%s..%s since %d", e.From, e.At, s.known.since(noted).UnixNano())
	sum := sha256.Sum256([]byte(key))
	return rules.Request{
		ID:      "git" + hex.EncodeToString(sum[:])[:23],
		Key:     key,
		Time:    came,
		Actor:   committer,
		Entry:   rules.EntryGit,
		Command: fmt.Sprintf("the rulebook's branch was put elsewhere: from %s to %s", rules.ShortRevision(e.From), rules.ShortRevision(push.Head)),
	}
}

// endElsewhere has the entries of branches that were put to what would not be taken say that nothing is held any more, at this head, where a restart or another
// push like that came between and nobody knows any more that it was about them.
func (s *service) endElsewhere(ctx context.Context, head string, reply bot.Reply) {
	held, err := s.search.Find(ctx, rules.JournalQuery{
		By: committer.ID, Actions: []string{rules.ExternalAction}, Results: []string{string(rules.ValidationError)}, Limit: maxElsewhere,
	})
	for _, entry := range held.Entries {
		outcome := entry.Record.Outcome
		outcome.Result, outcome.Err, outcome.Revision = rules.Success, nil, head
		if err == nil {
			err = s.recordExternal(ctx, entry.Record.Request, outcome, reply)
		}
	}
	if err != nil {
		s.logger.Error("The journal does not say what was pushed", "id", "AS2101", "commit", head, "err", err)
	}
}
