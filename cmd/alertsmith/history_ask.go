package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// maxAmbiguous is how many commits an ambiguous hash lists.
const maxAmbiguous = 5

// Commit returns the commit that leads to the rulebook's head and whose hash begins with these hexadecimal digits, without its files.
// Errors: NotFound; Conflict, with hashes of those that begin so as Fixes; Unavailable.
func (x *historyIndex) Commit(ctx context.Context, prefix string) (rules.PastCommit, error) {
	if err := x.await(ctx); err != nil {
		return rules.PastCommit{}, err
	}
	found, err := x.db.Commits(ctx, prefix, maxAmbiguous+1)
	if err != nil {
		return rules.PastCommit{}, err
	}
	return onlyCommit(found, prefix)
}

// kept is historyIndex.Commit for the commits that the rulebook's branch had once and that are kept.
func (s *service) kept(ctx context.Context, prefix string) (rules.PastCommit, error) {
	found, err := s.book.Kept(ctx, prefix, maxAmbiguous+1)
	if err != nil {
		return rules.PastCommit{}, err
	}
	commit, err := onlyCommit(found, prefix)
	return bot.CommitWithoutSecrets(commit), err
}

// claims returns the full hashes of the commits whose messages say that they were made for a request, the newest first, whoever made them.
func (s *service) claims(ctx context.Context, request string) ([]string, error) {
	found, err := s.book.FindRequest(ctx, request)
	var hashes []string
	for _, f := range found {
		hashes = append(hashes, f.Revision)
	}
	return hashes, err
}

// onlyCommit returns the one commit that was found by the first digits of its hash, or the error about none or several.
func onlyCommit(found []rules.PastCommit, prefix string) (rules.PastCommit, error) {
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Offset: -1,
			Text: fmt.Sprintf("The rulebook has no commit %q. The command history shows the commits.", prefix)}
	}
	e := &rules.Error{Kind: rules.Conflict, Offset: -1, Text: fmt.Sprintf("%d commits begin with %q. Write more digits.", len(found), prefix)}
	if len(found) > maxAmbiguous {
		e.Text = fmt.Sprintf("More than %d commits begin with %q. Write more digits; these are the newest.", maxAmbiguous, prefix)
		found = found[:maxAmbiguous]
	}
	for _, c := range found {
		e.Fixes = append(e.Fixes, c.Revision[:min(len(c.Revision), 12)])
	}
	return rules.PastCommit{}, e
}

// Changes answers as Versions does, commit by commit.
func (x *historyIndex) Changes(ctx context.Context, q rules.HistoryQuery) ([]rules.PastChange, error) {
	if err := x.await(ctx); err != nil {
		return nil, err
	}
	return x.db.Changes(ctx, q)
}

// StateAt returns the commit that the rulebook's branch was at at a time; a zero one before the first.
func (x *historyIndex) StateAt(ctx context.Context, at time.Time) (rules.StateAt, error) {
	if err := x.await(ctx); err != nil {
		return rules.StateAt{}, err
	}
	x.mu.Lock()
	head := x.head
	x.mu.Unlock()
	if head == "" {
		return rules.StateAt{}, nil
	}
	return x.db.StateAt(ctx, head, at)
}

// indexed returns what the index has of commits: what each did to rules, and its message without what looks like a secret.
func (x *historyIndex) indexed(ctx context.Context, commits []rules.PastCommit) ([]journal.IndexedCommit, error) {
	known, err := x.ours(ctx, commits)
	if err != nil {
		return nil, err
	}
	indexed := make([]journal.IndexedCommit, len(commits))
	for i, c := range commits {
		if !c.External() && !known[i] {
			c = c.Disowned()
		}
		versions, err := x.historian.Versions(ctx, c)
		if err != nil {
			return nil, err
		}
		indexed[i] = journal.IndexedCommit{Commit: bot.CommitWithoutSecrets(c), Versions: versions}
	}
	return indexed, nil
}
