package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// maxLookBehind is how many commits before the one that is found are looked at for a date that is too late: what came after that came later still.
const maxLookBehind = 1000

// maxLookAhead is how many commits of ours that are surely later are looked at all the same: which of our dates are right is told by those around them.
const maxLookAhead = 100

// selectStandings has the commits of the line up to a position, the newest first, each with its date, whether it is one of ours, and when one of somebody
// else's came by the journal.
const selectStandings = `SELECT c.position, c.revision, c.time, c.request_id <> '', (SELECT received FROM commands WHERE c.request_id = '' AND request_id = 'git' || substr(lower(hex(c.revision)), 1, 23))
	FROM history_commits c WHERE c.line = c.position AND c.position <= ? ORDER BY c.position DESC`

// selectSurelyLater has a commit of ours on the line that has a date beyond a time, given as a position, as far as positions tell, as all after it have; the
// first, or one so many of ours later. Nothing that came after it needs to be looked at. A position lies behind the date by no more than the newest ones do.
const selectSurelyLater = `SELECT position FROM history_commits
	WHERE line = position AND request_id <> '' AND position > ? + (SELECT max(position - time * 1000000) FROM history_commits) ORDER BY position LIMIT 1 OFFSET ?`

// standing is a commit of a branch.
type standing struct {
	position int64
	state    rules.StateAt
	sure     bool  // it is known when the branch got it: it was made here, or somebody saw it come, and the clock was right
	from     int64 // since when the branch has had it as far as that can be told without those before it, in seconds
}

// StateAt returns the commit that a branch was at at a time, given where it is now; a zero one before the first. The order of the commits tells, and of
// their dates those that fit: a commit of somebody else's may say any date. It came when the journal says so; else no later than the next one of which
// that is known, or than most of the next three; and none came before those that stand before it. What has a date that is to come came no later than now,
// or the next one. Our own clock may have been wrong as well: see trust.
func (d *DB) StateAt(ctx context.Context, tip string, at time.Time) (rules.StateAt, error) {
	found, err := readHistory(ctx, d, rules.HistoryQuery{}, func(r historyReader, ctx context.Context, _ rules.HistoryQuery) ([]rules.StateAt, error) {
		s, found, err := r.standingAt(ctx, tip, at.Unix())
		if err != nil || !found {
			return nil, err
		}
		return []rules.StateAt{s.state}, nil
	})
	if err != nil || len(found) == 0 {
		return rules.StateAt{}, err
	}
	return found[0], nil
}

// standingAt is StateAt; false before the first commit.
func (r historyReader) standingAt(ctx context.Context, tip string, at int64) (found standing, ok bool, err error) {
	hash, err := hex.DecodeString(tip)
	if err != nil {
		return found, false, err
	}
	var newest int64
	err = r.queryRow(ctx, "SELECT position FROM history_commits WHERE revision = ?", hash).Scan(&newest)
	now := time.Now().Unix()
	if err == nil && at < now { // now all have come, whatever their dates
		var later int64
		switch err = r.queryRow(ctx, selectSurelyLater, max(at, 0)*micros, maxLookAhead).Scan(&later); {
		case err == nil:
			newest = min(newest, later)
		case errors.Is(err, sql.ErrNoRows):
			err = nil
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return found, false, nil
	}
	if err != nil {
		return found, false, err
	}
	line, err := r.standings(ctx, newest, at)
	if err != nil {
		return found, false, err
	}
	after := newerCommits{sure: math.MaxInt64, now: max(now, at)}
	trust(line, after.now)
	behind := 0
	for _, s := range line {
		s.from = after.bound(s)
		switch {
		case s.from > at:
			found, ok, behind = standing{}, false, 0
		case !ok:
			found, ok = s, true
		case behind < maxLookBehind:
			behind++
			found.from = max(found.from, s.from)
		}
		after.add(s)
	}
	if since := time.Unix(found.from, 0).UTC(); ok && !since.Equal(found.state.Since) {
		found.state.Since, found.state.Came = since, false // those before it came later
	}
	return found, ok, nil
}

// standings returns the commits of the line from a position on, the newest first, as far as one has a date after a time, and those before that.
func (r historyReader) standings(ctx context.Context, newest, at int64) (line []standing, err error) {
	rows, err := r.query(ctx, selectStandings, newest) // SQLite makes its rows one by one
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for behind := 0; behind <= maxLookBehind && rows.Next(); behind++ {
		s, err := scanStanding(rows)
		if err != nil {
			return nil, err
		}
		if s.state.Since.Unix() > at {
			behind = -1
		}
		line = append(line, s)
	}
	return line, rows.Err()
}

func scanStanding(rows *sql.Rows) (s standing, err error) {
	var revision []byte
	var seconds int64
	var came sql.NullInt64
	if err := rows.Scan(&s.position, &revision, &seconds, &s.sure, &came); err != nil {
		return s, err
	}
	s.state.Revision, s.state.Date = hex.EncodeToString(revision), time.Unix(seconds, 0).UTC()
	s.state.Since = s.state.Date
	if came.Valid && came.Int64/1000 != seconds { // else it was written down by its date when the journal was rebuilt
		s.state.Since, s.state.Came, s.sure = time.Unix(came.Int64/1000, 0).UTC(), true, true
	}
	return s, nil
}

// newerCommits is what is known of the commits that came after one.
type newerCommits struct {
	sure int64   // when the next one came of which that is known; math.MaxInt64 for none
	next []int64 // when the next ones came, three at most
	now  int64   // when all had come
}

func (l *newerCommits) add(s standing) {
	if s.sure {
		l.sure = s.from
	}
	l.next = append([]int64{s.from}, l.next[:min(len(l.next), 2)]...)
}

// bound returns when the branch got a commit, at the latest.
func (l *newerCommits) bound(s standing) int64 {
	came := s.state.Since.Unix()
	if s.sure {
		return came
	}
	if came > l.now && len(l.next) == 1 { // it is this date that is wrong
		came = l.next[0]
	}
	came = min(came, l.sure, l.now)
	if len(l.next) > 1 { // of one, nobody knows which of the two dates is wrong
		next := slices.Sorted(slices.Values(l.next))
		came = min(came, next[len(next)/2]) // of three the middle one, of two the later
	}
	return came
}
