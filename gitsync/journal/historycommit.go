package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Commits returns the commits of the index whose hash begins with some hexadecimal digits, the newest first, at most so many; without
// their files. The error is one of reading.
func (d *DB) Commits(ctx context.Context, prefix string, most int) ([]rules.PastCommit, error) {
	from, until, ok := hashRange(prefix)
	if !ok {
		return nil, nil
	}
	rows, err := d.reader.QueryContext(ctx, `SELECT revision, parents, time, author_name, author_email, author_id, subject, body, trailers
		FROM history_commits WHERE revision BETWEEN ? AND ? ORDER BY position DESC LIMIT ?`, from, until, most)
	if err != nil {
		return nil, unavailable(err, historyUnreadable)
	}
	defer rows.Close()
	var commits []rules.PastCommit
	for rows.Next() {
		c, err := scanCommit(rows)
		if err != nil {
			return nil, unavailable(err, historyUnreadable)
		}
		commits = append(commits, c)
	}
	return commits, wrap(rows.Err(), historyUnreadable)
}

// hashRange returns the least and the greatest hash that begin with a prefix; false when it is none.
func hashRange(prefix string) (from, until []byte, ok bool) {
	const longest = 64 // SHA-256
	if len(prefix) > longest {
		return nil, nil, false
	}
	from, err := hex.DecodeString(prefix + strings.Repeat("0", len(prefix)%2))
	if err != nil {
		return nil, nil, false
	}
	until, err = hex.DecodeString(prefix + strings.Repeat("f", longest-len(prefix)))
	return from, until, err == nil
}

func scanCommit(rows *sql.Rows) (c rules.PastCommit, err error) {
	var revision, parents, trailers []byte
	var seconds int64
	if err := rows.Scan(&revision, &parents, &seconds, &c.Author.Name, &c.Author.Email, &c.Author.ID, &c.Subject, &c.Body, &trailers); err != nil {
		return c, err
	}
	c.Revision, c.When = hex.EncodeToString(revision), time.Unix(seconds, 0).UTC()
	for ; len(revision) > 0 && len(parents) >= len(revision); parents = parents[len(revision):] {
		c.Parents = append(c.Parents, hex.EncodeToString(parents[:len(revision)]))
	}
	if len(c.Parents) > 0 {
		c.Parent = c.Parents[0]
	}
	return c, json.Unmarshal(trailers, &c.Trailers)
}
