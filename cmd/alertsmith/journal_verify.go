package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-git/go-git/v5/plumbing/object"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
)

// verifyJournal proves that the journal is as it was written.
type verifyJournal struct {
	serve
	index bool
}

func verifyCommand(parent *kingpin.CmdClause) subcommand {
	var v verifyJournal
	clause := parent.Command("verify", "Proves that the journal is as it was written: that its entries form one chain, and that the commits of the rulebook know it. "+
		"Exits with 0, 1 (the first entry that was changed, removed or inserted is named, or a commit that contradicts the journal, which does not know it) or 2 (it could not be read).")
	storageFlags(clause, &v.serve)
	clause.Flag("search-index", "Compare the index that searching uses with the entries, too. That takes longer than all the rest.").Default("true").BoolVar(&v.index)
	return subcommand{clause, v.run}
}

func (v *verifyJournal) run(ctx context.Context, p *process) error {
	start := time.Now()
	cfg, err := v.config()
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	found, flaw, err := verify(ctx, v.storage, cfg, v.index)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	if flaw != nil {
		return notAsWritten(flaw)
	}
	if text := claimed(found); text != "" {
		return &exitError{exitFailed, errors.New(text)}
	}
	fmt.Fprintf(p.stdout, "The journal %s is as it was written: %d entries in %d events; %d commits know it", found.ID, found.Entries, found.Events, found.Anchors)
	if found.Pruned > 0 {
		fmt.Fprintf(p.stdout, ", and %d what was pruned: %d entries before a signed stump", found.Stumped, found.Pruned)
	}
	fmt.Fprintf(p.stdout, ". This took %s.\n", time.Since(start).Round(10*time.Millisecond))
	if !found.Indexed {
		fmt.Fprintln(p.stdout, "There is no index of the journal, journal-search.db, or none of this version: whether entries were removed that came in behind the last commit cannot be told.")
	}
	if found.Others > 0 {
		fmt.Fprintf(p.stdout, "%d commits know another journal: that of another replica, or one that was here before.\n", found.Others)
	}
	return nil
}

// verify proves the journal below a storage path, with the index that searching uses or without it. It returns the first flaw, or nil; the error says why
// that cannot be told.
func verify(ctx context.Context, storage string, cfg *config, index bool) (found journal.Verified, flaw *journal.Flaw, err error) {
	anchors, err := readAnchors(ctx, storage, cfg.Git, func() {})
	if err != nil {
		return found, nil, err
	}
	search, err := journal.OpenSearch(ctx, filepath.Join(storage, journalName))
	if err != nil {
		return found, nil, err
	}
	found, flaw, err = search.Verify(ctx, anchors, stumpChecker(storage, cfg.Git))
	if flaw == nil && err == nil {
		flaw, err = checkStump(storage, found)
	}
	if index && flaw == nil && err == nil {
		flaw, err = search.VerifyIndex(ctx)
	}
	return found, flaw, errors.Join(err, search.Close())
}

func notAsWritten(flaw *journal.Flaw) error {
	return &exitError{exitFailed, fmt.Errorf("the journal is not as it was written: %s", flaw.Text)}
}

// claimed says what commits contradict the journal without proving anything; "" when there are none.
func claimed(found journal.Verified) string {
	if found.Claims == 0 {
		return ""
	}
	return fmt.Sprintf("%d commits that this journal does not know contradict it: %s. Either somebody pushed commits that say to be this service's, or the newest entries were removed. "+
		"Where git.signing_key_file is configured, commits count that this service signed, and no others", found.Claims, found.Claim)
}

// readAnchors returns what the service's commits on the branch say of journals: those that it signed, where it signs commits; else those that say to be
// its own. The repository is only read, beside the service that writes it. rest is called after each commit.
func readAnchors(ctx context.Context, storage string, git gitConfig, rest func()) (anchors []journal.Anchor, err error) {
	var keys []string
	if git.SigningKeyFile != "" {
		if keys, err = trustedKeys(storage, git); err != nil {
			return nil, fmt.Errorf("the keys that may have signed commits cannot be read: %w", err)
		}
	}
	err = gitsync.EveryCommit(ctx, filepath.Join(storage, rulebookName), cmp.Or(git.Branch, gitsync.DefaultBranch), func(c *object.Commit) error {
		rest()
		if c.Committer.Email != committer.Email {
			return nil // somebody who picked a commit of ours copied its trailers
		}
		a, ok := journal.AnchorOf(c.Hash.String(), gitsync.Trailers(c.Message))
		if a.Signed = ok && gitsync.SignedBy(c, keys); ok && a.Signed == (len(keys) > 0) {
			anchors = append(anchors, a)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("the rulebook cannot be read: %w", err)
	}
	return anchors, nil
}
