package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// migrations bring the schema from one user_version to the next. One that was released is never edited; a change of the
// schema is one more at the end.
var migrations = []string{
	// 1: one row per command. Times are milliseconds since 1970 in UTC; outcome is JSON (see outcome.go), beside the columns
	// that are searched for.
	`CREATE TABLE commands (
		seq          INTEGER PRIMARY KEY,
		request_id   TEXT    NOT NULL UNIQUE,
		request_key  TEXT    UNIQUE,
		received     INTEGER NOT NULL,
		actor_id     TEXT    NOT NULL,
		actor_name   TEXT    NOT NULL,
		actor_email  TEXT    NOT NULL,
		team_id      TEXT    NOT NULL,
		team_name    TEXT    NOT NULL,
		channel_id   TEXT    NOT NULL,
		channel_name TEXT    NOT NULL,
		entry        TEXT    NOT NULL,
		remote       TEXT    NOT NULL,
		command      TEXT    NOT NULL,
		action       TEXT    NOT NULL DEFAULT '',
		result       TEXT    NOT NULL DEFAULT '',
		state        TEXT    NOT NULL DEFAULT '',
		ruler        TEXT    NOT NULL DEFAULT '',
		revision     TEXT    NOT NULL DEFAULT '',
		outcome      TEXT    NOT NULL DEFAULT '{}',
		reply        TEXT    NOT NULL DEFAULT '',
		in_channel   INTEGER NOT NULL DEFAULT 0,
		done         INTEGER
	) STRICT;
	CREATE INDEX commands_received ON commands (received);
	CREATE INDEX commands_interrupted ON commands (seq) WHERE done IS NULL;
	CREATE INDEX commands_waiting ON commands (seq) WHERE state IN ('PENDING', 'NOT_LOADED');`,
}

// errNewer means that a newer program wrote the journal.
var errNewer = errors.New("unknown schema version")

// migrate runs the migrations that the database has not seen, each in a transaction with its version.
func migrate(ctx context.Context, db *sql.DB) error {
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("%w: %d, known are those up to %d", errNewer, version, len(migrations))
	}
	for ; version < len(migrations); version++ {
		if err := step(ctx, db, migrations[version], version+1); err != nil {
			return fmt.Errorf("schema version %d: %w", version+1, err)
		}
	}
	return nil
}

func step(ctx context.Context, db *sql.DB, migration string, version int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to do after a commit
	if _, err := tx.ExecContext(ctx, migration); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return err
	}
	return tx.Commit()
}
