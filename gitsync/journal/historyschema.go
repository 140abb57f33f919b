package journal

// historySchema makes what is not there of the tables of the rules' history, which is derived from Git (see history.go): a migration that changes them
// drops them first. A commit's position orders it: microseconds since 1970 of the committer's date, later where a parent's is later. Its time is that date
// in seconds. parents are binary hashes, trailers JSON; who and who_id are the author's name and id in lower case. Of a commit's versions, those that
// deleted a rule have the highest n; name is the rule's, was its old one where that was another. undoes is the trailer of an undo; did and nth are counted
// (see historycount.go), so that of a commit which changed thousands of rules the first of each kind are read, and no more: an index has just these. line is
// the position of the commit that it came to the branch with (see historyline.go). history has one row: commits, rules and versions are how
// many rows the other tables have. What sum is, historysum.go says.
const historySchema = `CREATE TABLE IF NOT EXISTS history (
		one         INTEGER PRIMARY KEY CHECK (one = 1),
		fingerprint TEXT    NOT NULL,
		tips        TEXT    NOT NULL,
		commits     INTEGER NOT NULL,
		rules       INTEGER NOT NULL,
		versions    INTEGER NOT NULL,
		sum         INTEGER NOT NULL
	) STRICT;
	CREATE TABLE IF NOT EXISTS history_commits (
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
		trailers     TEXT    NOT NULL,
		undoes       TEXT    NOT NULL,
		did          TEXT    NOT NULL,
		line         INTEGER NOT NULL,
		sum          INTEGER NOT NULL
	) STRICT;
	CREATE INDEX IF NOT EXISTS history_commits_who ON history_commits (who);
	CREATE INDEX IF NOT EXISTS history_commits_who_action ON history_commits (who, action);
	CREATE INDEX IF NOT EXISTS history_commits_who_id ON history_commits (who_id) WHERE who_id <> '';
	CREATE INDEX IF NOT EXISTS history_commits_who_id_action ON history_commits (who_id, action) WHERE who_id <> '';
	CREATE INDEX IF NOT EXISTS history_commits_action ON history_commits (action);
	CREATE INDEX IF NOT EXISTS history_commits_request ON history_commits (request_id) WHERE request_id <> '';
	CREATE INDEX IF NOT EXISTS history_commits_undoes ON history_commits (undoes) WHERE undoes <> '';
	CREATE INDEX IF NOT EXISTS history_commits_drift ON history_commits (position - time * 1000000);
	CREATE INDEX IF NOT EXISTS history_commits_behind ON history_commits (line - position);
	CREATE INDEX IF NOT EXISTS history_commits_line ON history_commits (position) WHERE line = position;
	CREATE INDEX IF NOT EXISTS history_commits_ours ON history_commits (position) WHERE line = position AND request_id <> '';
	CREATE TABLE IF NOT EXISTS history_rules (
		id    INTEGER PRIMARY KEY,
		ruler TEXT    NOT NULL,
		path  TEXT    NOT NULL,
		grp   TEXT    NOT NULL,
		name  TEXT    NOT NULL,
		nth   INTEGER NOT NULL,
		sum   INTEGER NOT NULL,
		UNIQUE (path, grp, name, nth, ruler)
	) STRICT;
	CREATE TABLE IF NOT EXISTS history_versions (
		position  INTEGER NOT NULL,
		n         INTEGER NOT NULL,
		kind      TEXT    NOT NULL,
		rule      INTEGER NOT NULL,
		came_from INTEGER,
		name      TEXT    NOT NULL,
		was       TEXT,
		nth       INTEGER NOT NULL,
		sum       INTEGER NOT NULL,
		PRIMARY KEY (position DESC, n)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX IF NOT EXISTS history_versions_rule ON history_versions (rule, position DESC, n);
	CREATE INDEX IF NOT EXISTS history_versions_from ON history_versions (came_from, position DESC, n) WHERE came_from IS NOT NULL;
	CREATE INDEX IF NOT EXISTS history_versions_name ON history_versions (name, position DESC, n);
	CREATE INDEX IF NOT EXISTS history_versions_was ON history_versions (was, position DESC, n) WHERE was IS NOT NULL;
	CREATE INDEX IF NOT EXISTS history_versions_kind ON history_versions (kind, position DESC, nth) WHERE nth < 5;
	INSERT OR IGNORE INTO history VALUES (1, '', '', 0, 0, 0, journal_sum(1, '', '', 0, 0, 0));`

// historyAnew makes the history's tables, whatever there was of them.
const historyAnew = `DROP TABLE IF EXISTS history_versions;
	DROP TABLE IF EXISTS history_rules;
	DROP TABLE IF EXISTS history_commits;
	DROP TABLE IF EXISTS history;
	` + historySchema
