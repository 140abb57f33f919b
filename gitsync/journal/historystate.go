package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// maxLookBehind is how many commits before the one that is found are looked at for a date that is too late: what came after that came later still.
const maxLookBehind = 1000

// selectLine has the commits of a branch, the newest first: its tip and the first parents behind it, each with its date, whether it is one of ours, and
// when one of somebody else's came by the journal.
const selectLine = `WITH RECURSIVE line (revision, parents, time, ours) AS (
		SELECT revision, parents, time, request_id <> '' FROM history_commits WHERE revision = ?
		UNION ALL
		SELECT c.revision, c.parents, c.time, c.request_id <> '' FROM line CROSS JOIN history_commits c ON c.revision = substr(line.parents, 1, length(line.revision))
	) SELECT revision, time, ours, (SELECT received FROM commands WHERE NOT line.ours AND request_id = 'git' || substr(lower(hex(line.revision)), 1, 23)) FROM line`

// standing is a commit of a branch.
type standing struct {
	state rules.StateAt
	ours  bool
	from  int64 // since when the branch has had it as far as that can be told without those before it, in seconds
}

// sure reports whether it is known when the branch got the commit: it was made here, or somebody saw it come.
func (s standing) sure() bool { return s.ours || s.state.Came }

// StateAt returns the commit that a branch was at at a time, given where it is now; a zero one before the first. The order of the commits tells, and of
// their dates those that fit: a commit of somebody else's may say any date. It came when the journal says so; else no later than the next one of which
// that is known, or than most of the next three; and none came before those that stand before it.
func (d *DB) StateAt(ctx context.Context, tip string, at time.Time) (rules.StateAt, error) {
	hash, err := hex.DecodeString(tip)
	if err != nil {
		return rules.StateAt{}, unavailable(err, historyUnreadable)
	}
	rows, err := d.reader.QueryContext(ctx, selectLine, hash) // SQLite makes its rows one by one
	if err != nil {
		return rules.StateAt{}, unavailable(err, historyUnreadable)
	}
	defer rows.Close()
	var found standing
	after := newerCommits{sure: math.MaxInt64}
	behind := 0
	for behind <= maxLookBehind && rows.Next() {
		s, err := scanStanding(rows)
		if err != nil {
			return rules.StateAt{}, unavailable(err, historyUnreadable)
		}
		s.from = after.bound(s)
		switch {
		case s.from > at.Unix():
			found, behind = standing{}, 0
		case found.state.Revision == "":
			found = s
		default:
			behind++
			found.from = max(found.from, s.from)
		}
		after.add(s)
	}
	if since := time.Unix(found.from, 0).UTC(); found.state.Revision != "" && !since.Equal(found.state.Since) {
		found.state.Since, found.state.Came = since, false // those before it came later
	}
	return found.state, wrap(rows.Err(), historyUnreadable)
}

func scanStanding(rows *sql.Rows) (s standing, err error) {
	var revision []byte
	var seconds int64
	var came sql.NullInt64
	if err := rows.Scan(&revision, &seconds, &s.ours, &came); err != nil {
		return s, err
	}
	s.state.Revision, s.state.Date = hex.EncodeToString(revision), time.Unix(seconds, 0).UTC()
	s.state.Since = s.state.Date
	if came.Valid && came.Int64/1000 != seconds { // else it was written down by its date when the journal was rebuilt
		s.state.Since, s.state.Came = time.Unix(came.Int64/1000, 0).UTC(), true
	}
	return s, nil
}

// newerCommits is what is known of the commits that came after one.
type newerCommits struct {
	sure int64   // when the next one came of which that is known; math.MaxInt64 for none
	next []int64 // when the next ones came, three at most
}

func (l *newerCommits) add(s standing) {
	if s.sure() {
		l.sure = s.from
	}
	l.next = append([]int64{s.from}, l.next[:min(len(l.next), 2)]...)
}

// bound returns when the branch got a commit, at the latest.
func (l *newerCommits) bound(s standing) int64 {
	came := s.state.Since.Unix()
	if s.sure() {
		return came
	}
	came = min(came, l.sure)
	if len(l.next) > 1 { // of one, nobody knows which of the two dates is wrong
		next := slices.Sorted(slices.Values(l.next))
		came = min(came, next[len(next)/2]) // of three the middle one, of two the later
	}
	return came
}
