package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/gitsync/journal"
	"github.com/alertsmith/alertsmith/rules"
)

// pruneJournal takes old entries out of the journal.
type pruneJournal struct{ storage, before string }

func pruneCommand(parent *kingpin.CmdClause) subcommand {
	var c pruneJournal
	clause := parent.Command("prune", "Takes the entries out of the journal that are older than --before. A signed stump stays in their place, so that `journal verify` still proves the rest. "+
		"The service must not run meanwhile.")
	clause.Flag("storage.path", "The storage directory with the journal.").Default(defaultStorage).StringVar(&c.storage)
	clause.Flag("before", "A date, a time, or how long ago: 2025-01-01, 400d.").Required().StringVar(&c.before)
	return subcommand{clause, c.run}
}

func (c *pruneJournal) run(ctx context.Context, p *process) (err error) {
	before, err := rules.ParseMoment("before", c.before, time.Now(), time.Local)
	if err != nil {
		return &exitError{exitUnusable, plainError(err)}
	}
	// The rulebook's lock keeps the service away.
	book, err := gitsync.Open(ctx, gitsync.Options{Dir: filepath.Join(c.storage, rulebookName), Committer: committer})
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	db, err := journal.Open(ctx, filepath.Join(c.storage, journalName))
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	key, err := journalKey(c.storage)
	if err != nil {
		return &exitError{exitUnusable, fmt.Errorf("the key that signs for what is pruned cannot be read or made: %w", err)}
	}
	pruned, err := db.Prune(ctx, before.At, signStump(key))
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d entries were pruned.\n", pruned.Entries)
	if !pruned.Stopped.IsZero() {
		fmt.Fprintf(p.stdout, "It went no further than the entry of %s, which is open or was changed later than entries that stay.\n", pruned.Stopped.Local().Format("2006-01-02 15:04:05"))
	}
	return nil
}
