package main

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// ours reports whether a commit that says to be made for a request was made by this service or by a replica of it: whoever pushes can write that. What is
// checked when it comes, what the history tells and undo takes back, and what is planned again all go by this one answer.
//
// A commit is known by this process; when it led to the last good state already, by what it was taken for when it came; by its signature; or by the
// journal. Only without a key that signs commits, where others may share the rulebook, another service's is believed to be a replica's that keeps the
// journal's page.
func (s *service) ours(ctx context.Context, c rules.PastCommit) (bool, error) {
	one, err := s.oursOf(ctx, []rules.PastCommit{c})
	return err == nil && one[0], err
}

// oursOf answers for many commits at once as ours does for each. What this process made costs no look into the journal or the history: every change asks
// about itself.
func (s *service) oursOf(ctx context.Context, commits []rules.PastCommit) ([]bool, error) {
	known := make([]bool, len(commits))
	var asked []string // ids of those that this process did not make
	for i, c := range commits {
		made, err := s.book.Made(c.Revision, nil)
		if err != nil {
			return nil, err
		}
		if known[i] = made; !made {
			asked = append(asked, externalID(c))
		}
	}
	if len(asked) == 0 {
		return known, nil
	}
	foreign, err := s.journal.Received(ctx, asked)
	if err != nil {
		return nil, err
	}
	fresh, err := s.arrived.since(ctx, s.book, s.judgedUpTo())
	if err != nil {
		return nil, err
	}
	for i, c := range commits {
		switch {
		case known[i] || foreign[externalID(c)]:
		case !fresh(c.Revision):
			known[i] = true
		default:
			if known[i], err = s.provesOurs(ctx, c); err != nil {
				return nil, err
			}
		}
	}
	return known, nil
}

// provesOurs reports whether a commit that came in since is one of ours: by its signature or the journal or, where others may share the rulebook and no key
// signs, as it looks like one.
func (s *service) provesOurs(ctx context.Context, c rules.PastCommit) (bool, error) {
	if made, err := s.book.Made(c.Revision, s.signers); made || err != nil {
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

// judgedUpTo returns the revision up to which each commit was looked at when it came: the last good state, or what was adopted before there was one.
func (s *service) judgedUpTo() string {
	if good := s.known.last(goodRevision); good != "" {
		return good
	}
	return s.adopted
}

// arrived remembers which commits came after one that was looked at.
type arrived struct {
	mu      sync.Mutex
	base    string
	head    string
	commits *gitsync.Commits // after base, up to head
}

// since returns what tells whether a commit of the branch came after base. Where the rulebook has base no more, what it has was taken as it is, and nothing
// came.
func (a *arrived) since(ctx context.Context, book *gitsync.Rulebook, base string) (came func(revision string) bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	head, err := book.Head(ctx)
	if err != nil {
		return nil, err
	}
	if a.commits == nil || a.base != base || a.head != head.Revision() {
		commits, err := book.Commits(ctx, base, head.Revision())
		if errors.Is(err, fs.ErrNotExist) {
			return func(string) bool { return false }, nil
		}
		if err != nil {
			return nil, err
		}
		a.base, a.head, a.commits = base, head.Revision(), commits
	}
	return a.commits.Has, nil
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
