package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// rebuildClient is the program that sent the requests of entries that were rebuilt, as far as the journal knows.
const rebuildClient = "alertsmith journal rebuild"

// rebuiltAtOnce is how many entries are written together.
const rebuiltAtOnce = 500

// rebuildJournal fills a journal that was lost with what Git knows.
type rebuildJournal struct{ serve }

func rebuildCommand(parent *kingpin.CmdClause) subcommand {
	var c rebuildJournal
	clause := parent.Command("rebuild", "Fills a journal that has no changes, as the old one was lost, with the changes that the rulebook's commits tell of: who, when, where, what, why. "+
		"Refused commands, questions and answers are not in Git and stay lost. Run again, it goes on where it was broken off. The service must not run meanwhile.")
	storageFlags(clause, &c.serve)
	return subcommand{clause, c.run}
}

// storageFlags are the flags of commands that work on what a service keeps, with its configuration.
func storageFlags(clause *kingpin.CmdClause, s *serve) {
	clause.Flag("config.file", "The service's configuration file, where it has one: it names the rulebook's branch, the rulers and the signing key.").StringVar(&s.configFile)
	clause.Flag("storage.path", "The storage directory with the journal and the rulebook.").Default(defaultStorage).StringVar(&s.storage)
}

func (c *rebuildJournal) run(ctx context.Context, p *process) (err error) {
	storage, err := openClosed(ctx, &c.serve)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	defer func() { err = errors.Join(err, storage.close()) }()
	there, err := storage.journal.ChangesOfOthers(ctx, rebuildClient)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	if there > 0 {
		return fmt.Errorf("the journal has %d changes already, so nothing was rebuilt: move %s away, with the files that begin like it, where it is to be made anew",
			there, filepath.Join(c.storage, journalName))
	}
	return storage.rebuild(ctx, p.stdout)
}

// closedStorage is what a service keeps, opened while it does not run.
type closedStorage struct {
	cfg     *config
	book    *gitsync.Rulebook
	journal *journal.DB
	infos   []rules.RulerInfo
}

// openClosed opens what a service keeps. The rulebook's lock keeps the service away.
func openClosed(ctx context.Context, s *serve) (c *closedStorage, err error) {
	c = &closedStorage{}
	if c.cfg, err = s.config(); err != nil {
		return nil, err
	}
	rulers, err := (&service{settings: s, cfg: c.cfg, logger: slog.New(slog.DiscardHandler)}).rulers()
	if err != nil {
		return nil, err
	}
	for _, r := range rulers {
		c.infos = append(c.infos, r.Info())
	}
	if c.book, err = gitsync.Open(ctx, gitsync.Options{Dir: filepath.Join(s.storage, rulebookName), Branch: c.cfg.Git.Branch, Committer: committer}); err != nil {
		return nil, err
	}
	if c.journal, err = journal.Open(ctx, filepath.Join(s.storage, journalName)); err != nil {
		return nil, errors.Join(err, c.book.Close())
	}
	return c, nil
}

func (c *closedStorage) close() error { return errors.Join(c.journal.Close(), c.book.Close()) }

// rebuild writes an entry for each commit that brought a change.
func (c *closedStorage) rebuild(ctx context.Context, out io.Writer) error {
	head, err := c.book.Head(ctx)
	if err != nil {
		return err
	}
	requests, err := c.requests(ctx, head.Revision())
	if err != nil {
		return err
	}
	var batch []rules.Record
	added, commits := 0, 0
	flush := func() error {
		n, err := c.journal.Add(ctx, batch)
		added, batch = added+n, batch[:0]
		return err
	}
	rebuilder := rules.NewRebuilder(c.infos, committer, contentOf(c.book))
	err = c.book.Log(ctx, "", head.Revision(), func(commit rules.PastCommit) error {
		commits++
		record, err := requests.record(ctx, rebuilder, commit)
		if err != nil || record.Request.ID == "" {
			return err
		}
		if batch = append(batch, record); len(batch) < rebuiltAtOnce {
			return nil
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d changes were rebuilt from %d commits.\n", added, commits)
	return err
}

// requestCommits is which commits a request had: the change, and what followed it by itself, such as its undoing.
type requestCommits struct {
	change map[string]string        // id → revision
	later  map[string][]rules.Found // id → the other commits, the oldest first
}

func (c *closedStorage) requests(ctx context.Context, head string) (requestCommits, error) {
	r := requestCommits{map[string]string{}, map[string][]rules.Found{}}
	err := c.book.Log(ctx, "", head, func(commit rules.PastCommit) error {
		id := commit.Trailer("Request-Id")
		if _, known := r.change[id]; known {
			r.later[id] = append(r.later[id], commit.Found)
		} else if id != "" {
			r.change[id] = commit.Revision
		}
		return nil
	})
	return r, err
}

// record returns the journal's record of a commit; none for a commit that belongs to the change of another one.
func (r requestCommits) record(ctx context.Context, rebuilder *rules.Rebuilder, commit rules.PastCommit) (record rules.Record, err error) {
	if id := commit.Trailer("Request-Id"); id != "" {
		if r.change[id] != commit.Revision {
			return rules.Record{}, nil
		}
		record, err = rebuilder.Record(ctx, commit, r.later[id])
		told := bot.Interrupted(record)
		record.Reply, record.InChannel = told.Text, told.InChannel
	} else {
		record = rules.Record{Request: externalRequest(commit, commit.When), Action: commit.Action(), InChannel: true, Done: commit.When}
		record.Outcome, err = rebuilder.External(ctx, commit)
	}
	record.Request.Client = rebuildClient
	record.Outcome = bot.WithoutSecrets(record.Outcome)
	return record, err
}
