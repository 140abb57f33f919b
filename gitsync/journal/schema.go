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

	// 3: the chain (see chain.go). An event is one write to commands, which triggers note: nothing can be written past them. Its body is the
	// columns that were written, as a JSON array; its time is that of the write. chain has one row: the journal's id, and what the first
	// event that is still here follows. The entries of before become the chain's first events. about is JSON (see about.go).
	`ALTER TABLE commands ADD COLUMN about TEXT NOT NULL DEFAULT '{}';
	CREATE TABLE chain (
		id        TEXT    NOT NULL,
		n         INTEGER NOT NULL,
		hash      BLOB    NOT NULL,
		before    INTEGER NOT NULL,
		entries   INTEGER NOT NULL,
		key       TEXT    NOT NULL,
		signature TEXT    NOT NULL
	) STRICT;
	INSERT INTO chain VALUES ('', 0, randomblob(32), 0, 0, '', '');
	UPDATE chain SET id = lower(hex(substr(hash, 1, 8)));
	CREATE TABLE events (
		n    INTEGER PRIMARY KEY,
		seq  INTEGER NOT NULL,
		kind TEXT    NOT NULL,
		time INTEGER NOT NULL,
		body TEXT    NOT NULL,
		hash BLOB    NOT NULL DEFAULT x''
	) STRICT;
	CREATE INDEX events_seq ON events (seq, n);
	CREATE TRIGGER events_chained AFTER INSERT ON events BEGIN
		UPDATE events SET hash = journal_hash(
			COALESCE((SELECT hash FROM events WHERE n = NEW.n - 1), (SELECT hash FROM chain WHERE n = NEW.n - 1)),
			NEW.n, NEW.seq, NEW.kind, NEW.time, NEW.body) WHERE n = NEW.n;
	END;
	CREATE TRIGGER events_stay BEFORE UPDATE ON events WHEN OLD.hash <> x'' BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
	CREATE TRIGGER events_kept BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;
	INSERT INTO events (seq, kind, time, body) SELECT seq, 'received', received, ` + requestBody("") + ` FROM commands ORDER BY seq;
	INSERT INTO events (seq, kind, time, body) SELECT seq, 'finished', done, ` + endBody("") + ` FROM commands WHERE done IS NOT NULL ORDER BY seq;
	CREATE TRIGGER commands_received AFTER INSERT ON commands BEGIN
		INSERT INTO events (seq, kind, time, body) VALUES (NEW.seq, 'received', CAST(unixepoch('subsec') * 1000 AS INTEGER), ` + requestBody("NEW.") + `);
	END;
	CREATE TRIGGER commands_ended AFTER UPDATE ON commands BEGIN
		INSERT INTO events (seq, kind, time, body) VALUES (NEW.seq, CASE WHEN OLD.done IS NULL THEN 'finished' ELSE 'outcome' END,
			CAST(unixepoch('subsec') * 1000 AS INTEGER), ` + endBody("NEW.") + `);
	END;
	CREATE TRIGGER commands_kept BEFORE DELETE ON commands BEGIN SELECT RAISE(ABORT, 'the journal is only added to'); END;`,

	// 4: what sinks are told (see teller.go). telling has one row: the last event that was looked at, -1 while there is no sink. A delivery is an
	// event that a sink has not got yet: rules are the names of the notification rules that ask for it, burst the events that it stands for,
	// both JSON arrays; next is when it is tried again, given_up whether that is over. Times are milliseconds. A burst's state is JSON.
	`CREATE TABLE telling (behind INTEGER NOT NULL) STRICT;
	INSERT INTO telling VALUES (-1);
	CREATE TABLE deliveries (
		sink     TEXT    NOT NULL,
		event    INTEGER NOT NULL,
		rules    TEXT    NOT NULL,
		burst    TEXT    NOT NULL,
		queued   INTEGER NOT NULL,
		attempts INTEGER NOT NULL DEFAULT 0,
		next     INTEGER NOT NULL,
		given_up INTEGER NOT NULL DEFAULT 0,
		error    TEXT    NOT NULL DEFAULT '',
		PRIMARY KEY (sink, event)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE bursts (rule TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;`,

	// 5: a sum in each row of the history (see historysum.go), which is made anew for them.
	`DELETE FROM history_versions;
	DELETE FROM history_commits;
	DELETE FROM history_rules;
	ALTER TABLE history ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE history_commits ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE history_rules ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE history_versions ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	UPDATE history SET fingerprint = '', tips = '', sum = journal_sum('', '');`,

	// 6: a sum in each row of what sinks are still to be told (see queuesum.go).
	`ALTER TABLE telling ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE bursts ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE deliveries ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
	` + queueTelling.triggers("true") + queueBursts.triggers("rule = NEW.rule") + queueDeliveries.triggers("sink = NEW.sink AND event = NEW.event") + `
	UPDATE telling SET behind = behind;
	UPDATE bursts SET state = state;
	UPDATE deliveries SET attempts = attempts;`,

	// 7: the history knows how many rows it has, and finds versions by their kind. It is made anew for that.
	historyAnew,

	// 8: the history counts what each commit did, and finds what took a change back. It is made anew for that.
	historyAnew,

	// 9: the history knows what each commit came to the branch with. It is made anew for that.
	historyAnew,

	// 10: which entries of other people's commits were pruned: those commits are known by them, whatever their messages say (see Received).
	`CREATE TABLE pruned_git (request_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;`,
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
