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

	// 2: the history of the rulebook's rules, derived from Git (see history.go). A commit's position orders it: microseconds since 1970
	// of the committer's date, later where a parent's is later. Its time is that date in seconds. parents are binary hashes, trailers
	// JSON; who and who_id are the author's name and id in lower case. Of a commit's versions, those that deleted a rule have the
	// highest n; name is the rule's, was its old one where that was another.
	`CREATE TABLE history (
		fingerprint TEXT NOT NULL,
		tips        TEXT NOT NULL
	) STRICT;
	INSERT INTO history VALUES ('', '');
	CREATE TABLE history_commits (
		position     INTEGER PRIMARY KEY,
		revision     BLOB    NOT NULL UNIQUE,
		parents      BLOB    NOT NULL,
		time         INTEGER NOT NULL,
		author_name  TEXT    NOT NULL,
		author_email TEXT    NOT NULL,
		author_id    TEXT    NOT NULL,
		who          TEXT    NOT NULL,
		who_id       TEXT    NOT NULL,
		action       TEXT    NOT NULL,
		request_id   TEXT    NOT NULL,
		subject      TEXT    NOT NULL,
		body         TEXT    NOT NULL,
		trailers     TEXT    NOT NULL
	) STRICT;
	CREATE INDEX history_commits_who ON history_commits (who);
	CREATE INDEX history_commits_who_action ON history_commits (who, action);
	CREATE INDEX history_commits_who_id ON history_commits (who_id) WHERE who_id <> '';
	CREATE INDEX history_commits_who_id_action ON history_commits (who_id, action) WHERE who_id <> '';
	CREATE INDEX history_commits_action ON history_commits (action);
	CREATE INDEX history_commits_request ON history_commits (request_id) WHERE request_id <> '';
	CREATE INDEX history_commits_drift ON history_commits (position - time * 1000000);
	CREATE TABLE history_rules (
		id    INTEGER PRIMARY KEY,
		ruler TEXT    NOT NULL,
		path  TEXT    NOT NULL,
		grp   TEXT    NOT NULL,
		name  TEXT    NOT NULL,
		nth   INTEGER NOT NULL,
		UNIQUE (path, grp, name, nth, ruler)
	) STRICT;
	CREATE TABLE history_versions (
		position  INTEGER NOT NULL,
		n         INTEGER NOT NULL,
		kind      TEXT    NOT NULL,
		rule      INTEGER NOT NULL,
		came_from INTEGER,
		name      TEXT    NOT NULL,
		was       TEXT,
		PRIMARY KEY (position DESC, n)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX history_versions_rule ON history_versions (rule, position DESC, n);
	CREATE INDEX history_versions_from ON history_versions (came_from, position DESC, n) WHERE came_from IS NOT NULL;
	CREATE INDEX history_versions_name ON history_versions (name, position DESC, n);
	CREATE INDEX history_versions_was ON history_versions (was, position DESC, n) WHERE was IS NOT NULL;`,
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
