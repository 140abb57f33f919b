package main

import (
	"context"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// ours reports whether a commit that says to be made for a request was made by this service or by a replica of it. It is known by this process, by its
// signature, or by the journal; only without a key that signs commits, where others may share the rulebook, another service's is believed to be a
// replica's that keeps the journal's page.
func (s *service) ours(ctx context.Context, c rules.PastCommit) (bool, error) {
	made, err := s.book.Made(c.Revision, s.signers)
	if made || err != nil {
		return made, err
	}
	known, err := s.journalKnows(ctx, c)
	if known || err != nil || s.signers != nil || s.cfg.Git.Push != pushRequired {
		return known, err
	}
	id, err := s.search.ID(ctx)
	anchor, _ := journal.AnchorOf(c.Revision, c.Trailers)
	return anchor.Journal != id && slices.ContainsFunc(c.Files, func(f rules.PastFile) bool { return strings.HasPrefix(f.Path, "journal/") }), err
}

// journalKnows reports whether the journal says that a commit was made for its request: as the change or its undoing, or, where that was planned again or
// its end is not written down, as the first of the branch that does for the request what it does.
func (s *service) journalKnows(ctx context.Context, c rules.PastCommit) (bool, error) {
	record, err := s.journal.Record(ctx, c.Trailer("Request-Id"))
	switch {
	case rules.KindOf(err) == rules.NotFound:
		return false, nil
	case err != nil || record.Request.Entry == rules.EntryGit:
		return false, err
	case c.Revision == record.Outcome.Revision || c.Revision == record.Outcome.Undone:
		return true, nil
	case record.Outcome.Revision == "" && !record.Done.IsZero():
		return false, nil // it came to nothing
	}
	commits, err := s.book.FindRequest(ctx, record.Request.ID)
	if err != nil || slices.ContainsFunc(commits, func(f rules.Found) bool { return f.Revision == record.Outcome.Revision }) {
		return false, err
	}
	slices.Reverse(commits)
	first := slices.IndexFunc(commits, func(f rules.Found) bool { return f.Trailer("Action") == c.Trailer("Action") })
	return first >= 0 && commits[first].Revision == c.Revision, nil
}
