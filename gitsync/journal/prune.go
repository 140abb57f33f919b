package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Pruned is what Prune took out of the journal.
type Pruned struct {
	Entries int64
	UpTo    int64     // the last event that is gone
	Stopped time.Time // when what it stopped at came in: an entry that is open, or changed later; zero when it took all that was asked for
}

// errNothing ends a transaction that has nothing to do.
var errNothing = errors.New("nothing to prune")

// Prune takes the entries out that came in before a time, oldest first, as far as all that is known of them came before what stays. In their place stands a
// stump: how many they were, and the hash that the chain goes on from, signed; so what stays is still proved, and that something was before it.
// sign returns the public key and its signature. The newest entry stays always: numbers are
// counted on from it. Of other people's commits the ids stay, which say of a commit that it is one; see Received. What else is taken out cannot be read in the file any more. The service must not run.
func (d *DB) Prune(ctx context.Context, before time.Time, sign func(text []byte) (key, signature string, err error)) (p Pruned, err error) {
	const failed = "the journal cannot be pruned; nothing was changed"
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return p, unavailable(err, failed)
	}
	defer tx.Rollback() // nothing to do after a commit
	switch p, err = prune(ctx, tx, before.UnixMilli(), sign); {
	case errors.Is(err, errNothing):
		err = tx.Rollback()
	case err == nil:
		err = tx.Commit()
	}
	if err != nil {
		return p, wrap(err, failed)
	}
	for _, wipe := range []string{"VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"} { // what is gone can still be read in the file, and in its log
		if _, err := d.sql.ExecContext(ctx, wipe); err != nil {
			return p, unavailable(err, "the journal is pruned, but what was taken out can still be read in its file: prune it again when there is room for a second file of its size")
		}
	}
	return p, nil
}

func prune(ctx context.Context, tx *sql.Tx, before int64, sign func([]byte) (string, string, error)) (p Pruned, err error) {
	var c chainStart
	err = tx.QueryRowContext(ctx, "SELECT id, n, hash, before, entries FROM chain").Scan(&c.id, &c.n, &c.hash, &c.before, &c.entries)
	if err != nil {
		return p, err
	}
	// The first event of an entry that stays, and before that the first one of an entry that an event behind the cut tells of.
	if err = tx.QueryRowContext(ctx, `WITH RECURSIVE
			stays (seq) AS (SELECT seq FROM commands WHERE received >= ?1 OR done IS NULL OR state IN ('PENDING', 'NOT_LOADED') OR seq = (SELECT max(seq) FROM commands)),
			cut (n) AS (
				SELECT COALESCE((SELECT min(n) FROM events WHERE seq IN (SELECT seq FROM stays)), (SELECT max(n) + 1 FROM events), 0)
				UNION
				SELECT (SELECT min(f.n) FROM events f WHERE f.seq IN (SELECT e.seq FROM events e WHERE e.n >= cut.n)) FROM cut WHERE cut.n IS NOT NULL
			)
		SELECT COALESCE(min(n), 0) - 1 FROM cut WHERE n IS NOT NULL`, before).Scan(&p.UpTo); err != nil {
		return p, err
	}
	var stopped sql.NullInt64
	if err = tx.QueryRowContext(ctx, "SELECT received FROM commands WHERE seq = (SELECT seq FROM events WHERE n = ?) AND received < ?", p.UpTo+1, before).Scan(&stopped); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	if stopped.Valid {
		p.Stopped = time.UnixMilli(stopped.Int64).UTC()
	}
	if p.UpTo <= c.n {
		return Pruned{UpTo: c.n, Stopped: p.Stopped}, errNothing
	}
	if err = tx.QueryRowContext(ctx, "SELECT count(DISTINCT seq) FROM events WHERE n <= ?", p.UpTo).Scan(&p.Entries); err != nil {
		return p, err
	}
	if err = tx.QueryRowContext(ctx, "SELECT hash FROM events WHERE n = ?", p.UpTo).Scan(&c.hash); err != nil {
		return p, err
	}
	c.n, c.before, c.entries = p.UpTo, before, c.entries+p.Entries
	if c.key, c.signature, err = sign(c.stump()); err != nil {
		return p, fmt.Errorf("signing: %w", err)
	}
	return p, cutOff(ctx, tx, c)
}

// cutOff removes the events up to a new start of the chain, and their entries.
func cutOff(ctx context.Context, tx *sql.Tx, c chainStart) error {
	var eventsKept, commandsKept string
	for name, statement := range map[string]*string{"events_kept": &eventsKept, "commands_kept": &commandsKept} {
		if err := tx.QueryRowContext(ctx, "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?", name).Scan(statement); err != nil {
			return err
		}
	}
	for _, step := range []struct {
		statement string
		args      []any
	}{
		{"DROP TRIGGER events_kept", nil},
		{"DROP TRIGGER commands_kept", nil},
		{"INSERT OR IGNORE INTO pruned_git SELECT request_id FROM commands WHERE entry = ? AND seq IN (SELECT seq FROM events WHERE n <= ?)", []any{rules.EntryGit, c.n}},
		{"DELETE FROM commands WHERE seq IN (SELECT seq FROM events WHERE n <= ?)", []any{c.n}},
		{"DELETE FROM events WHERE n <= ?", []any{c.n}},
		{"UPDATE chain SET n = ?, hash = ?, before = ?, entries = ?, key = ?, signature = ?", []any{c.n, c.hash, c.before, c.entries, c.key, c.signature}},
		{eventsKept, nil},
		{commandsKept, nil},
	} {
		if _, err := tx.ExecContext(ctx, step.statement, step.args...); err != nil {
			return err
		}
	}
	return nil
}
