package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/alertsmith/alertsmith/rules"
)

// pruneJournal takes old entries out of the journal.
type pruneJournal struct {
	serve
	before string
}

func pruneCommand(parent *kingpin.CmdClause) subcommand {
	var c pruneJournal
	clause := parent.Command("prune", "Takes the entries out of the journal that are older than --before. A signed stump stays in their place, so that `journal verify` still proves the rest; "+
		"a journal that does not verify is not pruned. The service must not run meanwhile.")
	storageFlags(clause, &c.serve)
	clause.Flag("before", "A date, a time, or how long ago: 2025-01-01, 400d.").Required().StringVar(&c.before)
	return subcommand{clause, c.run}
}

func (c *pruneJournal) run(ctx context.Context, p *process) (err error) {
	storage, err := openClosed(ctx, &c.serve)
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	defer func() { err = errors.Join(err, storage.close()) }()
	zone, err := storage.cfg.Journal.location()
	if err != nil {
		return &exitError{exitUnusable, err}
	}
	before, err := rules.ParseMoment("before", c.before, time.Now(), zone)
	if err != nil {
		return &exitError{exitUnusable, plainError(err)}
	}
	_, flaw, err := verify(ctx, c.storage, storage.cfg, false) // a stump would hide what is wrong before it
	switch {
	case err != nil:
		return &exitError{exitUnusable, err}
	case flaw != nil && flaw.Derived:
		return &exitError{exitFailed, fmt.Errorf("nothing was pruned: no entry is damaged, but what is beside them; run `alertsmith journal reindex` first, and then this again: %s", flaw.Text)}
	case flaw != nil:
		return notAsWritten(flaw)
	}
	key, err := journalKey(c.storage, storage.cfg.Git)
	if err != nil {
		return &exitError{exitUnusable, fmt.Errorf("the key that signs for what is pruned cannot be read or made: %w", err)}
	}
	pruned, err := pruneSigned(ctx, storage.journal, c.storage, key, before.At)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d entries were pruned.\n", pruned.Entries)
	if pruned.Entries > 0 {
		stump := filepath.Join(c.storage, stumpName)
		fmt.Fprintf(p.stdout, "Signed with the key %s. Beside `journal verify`, this proves it: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I PRINCIPAL -n %s -s %s <%s\n", key.Public(), stumpNamespace, stump+stumpSignature, stump)
	}
	if !pruned.Stopped.IsZero() {
		fmt.Fprintf(p.stdout, "It went no further than the entry of %s, which is open or was changed later than entries that stay.\n", pruned.Stopped.In(zone).Format("2006-01-02 15:04:05"))
	}
	return nil
}
