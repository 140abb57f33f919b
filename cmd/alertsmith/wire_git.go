package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

// rulebookOptions says which rulebook to open, how its commits are signed and which Git server it is kept on.
func (s *service) rulebookOptions(step func(string)) (gitsync.Options, error) {
	c := s.cfg.Git
	logger := s.logger.With("part", "rulebook")
	options := gitsync.Options{
		Dir:             filepath.Join(s.settings.storage, rulebookName),
		Branch:          c.Branch,
		Committer:       committer,
		Step:            func(name string) { step("git " + name) },
		Logger:          logger,
		Required:        c.Push == pushRequired,
		AcceptRewritten: c.AcceptRewritten,
		Progress:        cloneProgress(logger),
	}
	if c.SigningKeyFile != "" {
		signer, err := gitsync.LoadSigner(c.SigningKeyFile, c.SigningKeyPassphraseFile)
		if err != nil {
			return options, err
		}
		options.Signer = signer
	}
	if c.Remote != "" {
		server, err := remote.New(remote.Config{
			URL:               c.Remote,
			Branch:            c.Branch,
			Username:          c.Username,
			PasswordFile:      c.PasswordFile,
			CAFile:            c.CAFile,
			KeyFile:           c.SSHKeyFile,
			KeyPassphraseFile: c.SSHKeyPassphraseFile,
			Agent:             c.SSHAgent,
			KnownHostsFile:    c.KnownHostsFile,
			Timeout:           c.Timeout,
		})
		if err != nil {
			return options, err
		}
		options.Remote = server
	}
	return options, nil
}

// cloneProgress returns what logs how far a clone is: each end of a step, and between them a line now and then.
func cloneProgress(logger *slog.Logger) func(string) {
	var last time.Time
	return func(text string) {
		if strings.Contains(text, "%") && !strings.HasSuffix(text, "done.") && time.Since(last) < indexReport {
			return
		}
		last = time.Now()
		logger.Info("The rulebook is being cloned", "progress", text)
	}
}

// followGit keeps the rulebook and its Git server the same until ctx ends.
func (s *service) followGit(ctx context.Context) {
	err := s.book.Follow(ctx, s.following())
	if err != nil && ctx.Err() == nil {
		s.logger.Error("The Git server is not followed any more", "id", "AS3005", "err", err)
	}
}

// following says how the Git server is followed, and who is told of what.
func (s *service) following() gitsync.Following {
	return gitsync.Following{
		Interval:    s.cfg.Git.FetchInterval,
		Replan:      s.applier.Replan,
		NothingLeft: s.applier.NothingLeft,
		Ours:        s.ours,
		Moved:       s.applier.Moved,
		Decided:     s.decided,
		Left:        s.left,
		Refused:     s.refused,
		Rewritten:   s.rewritten,
		Followed:    s.followed,
	}
}

// status returns how everything stands, the Git server included.
func (s *service) status(ctx context.Context) rules.Status {
	status := s.applier.Status(ctx)
	status.Unwritable = s.unwritable(ctx)
	status.Remote = s.book.Remote()
	status.Housekeeping = s.book.HousekeepingErr()
	status.Shallow = s.book.Shallow()
	if s.teller != nil {
		status.Sinks = s.teller.Status(ctx)
	}
	return status
}

// decided hears how a change ended of which nobody knew whether the Git server took it. It is looked up in the rulebook like one that a crash
// interrupted.
func (s *service) decided(ctx context.Context, request string, accepted bool) {
	if err := s.finishDoubt(ctx, request); err != nil {
		s.logger.Error("A change of which it was not known whether the Git server took it could not be looked up; the next start tries again", "id", "AS3006",
			"request", request, "accepted", accepted, "err", err)
	}
}

func (s *service) finishDoubt(ctx context.Context, request string) error {
	open, err := s.journal.Interrupted(ctx)
	if err != nil {
		return err
	}
	for _, record := range open {
		if record.Request.ID != request {
			continue
		}
		ended, err := s.finishInterrupted(ctx, record, true)
		if err != nil || ended.Outcome.State != rules.Pending {
			return err
		}
		return s.followUp(ctx, ended)
	}
	return nil // it was looked up already
}
