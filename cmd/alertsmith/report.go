package main

import (
	"context"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// What the channel for reports was told last, by the names of notes as revisions has them: no start tells it again while it is so.
const (
	toldRewritten = "told-rewritten" // how the Git server's history was rewritten; "" once it is followed
	toldRefused   = "told-refused"   // which commit the Git server refuses: it never takes one and refuses it later
)

// report tells the channel for reports, where there is one, what nobody asked for by a command. It reports whether that was told.
func (s *service) report(ctx context.Context, reply bot.Reply) bool {
	channel := s.cfg.Mattermost.ReportChannel
	if channel == "" {
		return false
	}
	err := s.follower.mattermost.Report(ctx, channel, "", reply)
	if err != nil {
		s.logger.Warn("The channel for reports was not told", "id", "AS1006", "err", err)
	}
	return err == nil
}

// reportOnce tells the channel for reports unless it was the last that was told under a name, in this run of the service or an earlier one.
func (s *service) reportOnce(ctx context.Context, name, what string, reply bot.Reply) {
	if s.known.last(name) != what && s.report(ctx, reply) {
		s.known.note(name, what)
	}
}

// left hears of a commit that somebody made in the rulebook here, past us, and that does not fit what was pushed to the Git server.
func (s *service) left(ctx context.Context, commit rules.PastCommit, kept string) {
	s.report(ctx, bot.Left(commit, kept))
}

// refused hears of a commit that the Git server refuses.
func (s *service) refused(ctx context.Context, refused rules.PushRefusal) {
	what := refused.Commit.Action() + " " + refused.Commit.Name()
	s.reportOnce(ctx, toldRefused, what, bot.PushRefused(refused, s.book.Remote().URL))
}

// rewritten hears that the history on the Git server was rewritten.
func (s *service) rewritten(ctx context.Context, w rules.Rewritten) {
	s.reportOnce(ctx, toldRewritten, w.Was+".."+w.Now, bot.Rewritten(w))
}

// followed hears that the history on the Git server is followed.
func (s *service) followed(ctx context.Context) {
	if s.known.last(toldRewritten) != "" {
		s.reportOnce(ctx, toldRewritten, "", bot.Followed())
	}
}
