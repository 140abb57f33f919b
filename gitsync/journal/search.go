package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const cannotRead = "the journal cannot be read"

// Search answers questions about the journal. It reads beside whoever writes and never holds a writer up. It is safe for concurrent use; every
// method's failure is a *rules.Error of kind Unavailable.
type Search struct {
	path    string
	journal *sql.DB // connections that only read
	index   *index  // nil: there is none
	close   func() error

	unusable string // why the index that is there is not used; "" where there is none, or it is another version's
}

// Find returns the entries that a query selects, the newest first.
//
// The index gives candidates, and entries that were written since it was last brought up to date are all candidates; what the query means
// says its Matches alone.
func (s *Search) Find(ctx context.Context, q rules.JournalQuery) (rules.JournalPage, error) {
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	page, err := s.find(ctx, q)
	return page, wrap(err, cannotRead)
}

func (s *Search) find(ctx context.Context, q rules.JournalQuery) (page rules.JournalPage, err error) {
	if q.Request != "" {
		entries, err := readEntries(ctx, s.journal, "WHERE request_id = ?", q.Request)
		page.Entries = slices.DeleteFunc(entries, func(e rules.JournalEntry) bool { return !q.Matches(e) })
		return page, err
	}
	candidates, err := s.candidates(ctx, q)
	if err != nil {
		return page, err
	}
	most := 2 * q.Limit
	for {
		numbers, exhausted, err := candidates.next(ctx, most)
		if err != nil {
			return page, err
		}
		entries, err := s.entries(ctx, numbers)
		if err != nil {
			return page, err
		}
		for _, e := range entries {
			if !q.Matches(e) {
				continue
			}
			if len(page.Entries) == q.Limit {
				page.More = true
				return page, nil
			}
			page.Entries = append(page.Entries, e)
		}
		if exhausted {
			return page, nil
		}
		const largest = 1000
		most = min(2*most, largest)
	}
}

// candidates are numbers of entries that may be what is asked for, from the newest to the oldest.
type candidates struct {
	below func(ctx context.Context, before int64, most int) ([]int64, error) // of the index, or all of the journal
	fresh []int64                                                            // that the index does not have as they are, descending
	at    int64                                                              // those that were given are not below it
}

// next returns at least one more number, or reports that there are none behind those that it returns.
func (c *candidates) next(ctx context.Context, most int) (numbers []int64, exhausted bool, err error) {
	indexed, err := c.below(ctx, c.at, most)
	if err != nil {
		return nil, false, err
	}
	exhausted = len(indexed) < most
	if c.at = 0; !exhausted {
		c.at = indexed[len(indexed)-1]
	}
	numbers = indexed
	for len(c.fresh) > 0 && c.fresh[0] >= c.at {
		numbers = append(numbers, c.fresh[0])
		c.fresh = c.fresh[1:]
	}
	slices.SortFunc(numbers, func(a, b int64) int { return cmp.Compare(b, a) })
	return slices.Compact(numbers), exhausted, nil
}

// candidates returns where to look for what a query selects.
func (s *Search) candidates(ctx context.Context, q rules.JournalQuery) (*candidates, error) {
	at := q.Before
	if at <= 0 {
		at = 1<<63 - 1
	}
	c := &candidates{at: at, below: s.all}
	if s.index == nil {
		return c, nil
	}
	state, err := s.index.state(ctx)
	if err != nil {
		return c, nil //nolint:nilerr // without the index it takes longer
	}
	low, high, err := s.span(ctx, q, state)
	if err != nil {
		return nil, err
	}
	match := matchOf(q)
	if match == "" && low == 0 && high == at {
		return c, nil
	}
	if c.fresh, err = s.changedSince(ctx, state.upTo, at); err != nil {
		return nil, err
	}
	c.below = func(ctx context.Context, before int64, most int) ([]int64, error) {
		if match == "" {
			return s.numbers(ctx, "SELECT seq FROM commands WHERE seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?", low, min(before, high), most)
		}
		return s.index.find(ctx, match, low, min(before, high), most)
	}
	return c, nil
}

// all gives every entry as a candidate.
func (s *Search) all(ctx context.Context, before int64, most int) ([]int64, error) {
	return s.numbers(ctx, "SELECT seq FROM commands WHERE seq < ? ORDER BY seq DESC LIMIT ?", before, most)
}

// changedSince returns the entries below a number that were written after an event, descending. There are few: the index on
// seq would be read as a whole.
func (s *Search) changedSince(ctx context.Context, event, below int64) ([]int64, error) {
	return s.numbers(ctx, "SELECT DISTINCT seq FROM events NOT INDEXED WHERE n > ? AND seq < ? ORDER BY seq DESC", event, below)
}

// span returns bounds of the numbers of indexed entries that came in between the query's times: not below low, and below high. Entries are
// in the order of their times but for what a clock was set back, which the index knows.
func (s *Search) span(ctx context.Context, q rules.JournalQuery, state indexState) (low, high int64, err error) {
	high = 1<<63 - 1
	if q.Before > 0 {
		high = q.Before
	}
	if !q.Since.IsZero() {
		low, err = s.number(ctx, `WITH first (t) AS (SELECT received FROM commands WHERE received >= ?1 AND +seq <= ?2 ORDER BY received LIMIT 1)
			SELECT COALESCE(min(seq), ?4) FROM commands, first WHERE received BETWEEN t AND t + ?3 AND +seq <= ?2`,
			q.Since.UnixMilli(), state.highest, state.back, high)
	}
	if !q.Until.IsZero() && err == nil {
		var last int64
		last, err = s.number(ctx, `WITH last (t) AS (SELECT received FROM commands WHERE received < ?1 AND +seq <= ?2 ORDER BY received DESC LIMIT 1)
			SELECT COALESCE(max(seq), 0) FROM commands, last WHERE received BETWEEN t - ?3 AND t AND +seq <= ?2`,
			ceilMilli(q.Until), state.highest, state.back)
		high = min(high, last+1)
	}
	return low, high, err
}

// ceilMilli returns the first full millisecond that is not before t.
func ceilMilli(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }

func (s *Search) number(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.journal.QueryRowContext(ctx, query, args...).Scan(&n)
	return n, err
}

func (s *Search) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	return readNumbers(ctx, s.journal, query, args...)
}

func readNumbers(ctx context.Context, db *sql.DB, query string, args ...any) (numbers []int64, err error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		numbers = append(numbers, n)
	}
	return numbers, rows.Err()
}

// entries returns the entries of these numbers, the newest first.
func (s *Search) entries(ctx context.Context, numbers []int64) ([]rules.JournalEntry, error) {
	list, err := json.Marshal(numbers)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	return readEntries(ctx, s.journal, "WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC", string(list))
}
