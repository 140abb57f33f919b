package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kingpin/v2"
)

// reindexJournal throws the index of the rules' history away, and mends what else stands beside the entries.
type reindexJournal struct{ serve }

func reindexCommand(parent *kingpin.CmdClause) subcommand {
	var c reindexJournal
	clause := parent.Command("reindex", "Empties the index of the rules' history, as when `journal verify` found it damaged; the service makes it anew from Git when it starts. "+
		"What is damaged of what sinks are still to be told is dropped, and the copy of a stump is written anew. No entry of the journal is touched. The service must not run meanwhile.")
	storageFlags(clause, &c.serve)
	return subcommand{clause, c.run}
}

func (c *reindexJournal) run(ctx context.Context, p *process) (err error) {
	storage, err := openClosed(ctx, &c.serve)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	defer func() { err = errors.Join(err, storage.close()) }()
	if err := storage.journal.ForgetHistory(ctx); err != nil {
		return &exitError{exitUnusable, err}
	}
	fmt.Fprintln(p.stdout, "The index of the rules' history is empty. The service makes it anew when it starts.")
	dropped, err := storage.journal.MendQueue(ctx)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	if dropped > 0 {
		fmt.Fprintf(p.stdout, "%d rows of what sinks were still to be told were damaged, and are dropped.\n", dropped)
	}
	found, flaw, err := verify(ctx, c.storage, storage.cfg, false)
	switch {
	case err != nil:
		return &exitError{exitUnusable, err}
	case found.Stump != "" && (flaw == nil || flaw.Derived):
		return writeStump(c.storage, found.Stump, found.Signature)
	}
	return nil
}
