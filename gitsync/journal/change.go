package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// writtenChange is a change with its entry as it was when it was written, and not as it is by now.
type writtenChange struct {
	rules.JournalChange
	before *rules.JournalEntry // as it was until then; nil where the command ended with this
}

// writtenChanges returns the changes that where selects of the events e, the oldest first. Of one whose entry was pruned there is nothing.
func (d *DB) writtenChanges(ctx context.Context, where string, args ...any) ([]writtenChange, error) {
	rows, err := d.reader.QueryContext(ctx,
		//nolint:gosec // where is one of this package's own literals
		`SELECT e.n, e.seq, e.kind, e.time, e.body, COALESCE((SELECT b.body FROM events b
			WHERE b.seq = e.seq AND b.n < e.n AND b.kind <> 'received' ORDER BY b.n DESC LIMIT 1), '')
		FROM events e WHERE e.kind <> 'received' AND `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type written struct {
		rules.JournalChange
		body, before string
	}
	var all []written
	var numbers []int64
	for rows.Next() {
		var w written
		var at int64
		if err := rows.Scan(&w.Event, &w.Entry.Seq, &w.Kind, &at, &w.body, &w.before); err != nil {
			return nil, err
		}
		w.Time = time.UnixMilli(at).UTC()
		all, numbers = append(all, w), append(numbers, w.Entry.Seq)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		return nil, err
	}
	entries, err := d.entriesBySeq(ctx, numbers)
	if err != nil {
		return nil, err
	}
	changes := make([]writtenChange, 0, len(all))
	for _, w := range all {
		entry, there := entries[w.Entry.Seq]
		if !there {
			continue
		}
		c := writtenChange{JournalChange: w.JournalChange}
		if c.Entry, err = asOf(entry, w.body); err == nil && w.before != "" {
			var before rules.JournalEntry
			before, err = asOf(entry, w.before)
			c.before = &before
		}
		if err != nil {
			return nil, fmt.Errorf("event %d: %w", w.Event, err)
		}
		changes = append(changes, c)
	}
	return changes, nil
}

func (d *DB) entriesBySeq(ctx context.Context, numbers []int64) (map[int64]rules.JournalEntry, error) {
	list, err := json.Marshal(numbers)
	if err != nil {
		return nil, err
	}
	entries, err := readEntries(ctx, d.reader, "WHERE seq IN (SELECT value FROM json_each(?))", string(list))
	bySeq := map[int64]rules.JournalEntry{}
	for _, e := range entries {
		bySeq[e.Seq] = e
	}
	return bySeq, err
}

// asOf returns an entry as an event's body, which has endColumns in their order, says that it ended.
func asOf(e rules.JournalEntry, body string) (rules.JournalEntry, error) {
	var (
		r                              = &e.Record
		result, state, ruler, revision string
		encoded                        string
		inChannel, done                int64
		columns                        = [...]any{&r.Action, &result, &state, &ruler, &revision, &encoded, &r.Reply, &inChannel, &done}
	)
	if err := json.Unmarshal([]byte(body), &columns); err != nil {
		return e, err
	}
	r.InChannel, r.Done = inChannel != 0, time.UnixMilli(done).UTC()
	var err error
	r.Outcome, err = decodeOutcome([]byte(encoded))
	return e, err
}
