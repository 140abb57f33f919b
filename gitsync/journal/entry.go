package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// readEntries reads the rows of commands that where selects. Times come back in UTC and to the millisecond.
func readEntries(ctx context.Context, db *sql.DB, where string, args ...any) ([]rules.JournalEntry, error) {
	rows, err := db.QueryContext(ctx,
		//nolint:gosec // where is one of this package's own literals
		`SELECT seq, request_id, COALESCE(request_key, ''), received, actor_id, actor_name, actor_email, team_id, team_name, channel_id,
			channel_name, entry, remote, command, action, outcome, reply, in_channel, done, about
		FROM commands `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []rules.JournalEntry
	for rows.Next() {
		var (
			e        rules.JournalEntry
			received int64
			done     sql.NullInt64
			encoded  []byte
			about    []byte
		)
		r := &e.Record
		q := &r.Request
		err := rows.Scan(&e.Seq, &q.ID, &q.Key, &received, &q.Actor.ID, &q.Actor.Name, &q.Actor.Email, &q.Team.ID, &q.Team.Name, &q.Channel.ID,
			&q.Channel.Name, &q.Entry, &q.Remote, &q.Command, &r.Action, &encoded, &r.Reply, &r.InChannel, &done, &about)
		if err != nil {
			return nil, err
		}
		q.Time = time.UnixMilli(received).UTC()
		if done.Valid {
			r.Done = time.UnixMilli(done.Int64).UTC()
		}
		if err := decodeAbout(about, q); err != nil {
			return nil, fmt.Errorf("what is known about request %s: %w", q.ID, err)
		}
		if r.Outcome, err = decodeOutcome(encoded); err != nil {
			return nil, fmt.Errorf("outcome of request %s: %w", q.ID, err)
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}
