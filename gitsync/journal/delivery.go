package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// delivery is what a sink has not got yet.
type delivery struct {
	event    int64
	rules    []string // of notifications, that ask for it
	burst    []int64  // the events that it stands for
	queued   time.Time
	attempts int
}

// noSinks is where telling stands while there is no sink: what happens meanwhile is nobody's to hear.
const noSinks = -1

// beginTelling makes the queue that of these sinks, and returns the event that they were told up to. What others were to be told is dropped; how
// much that is is returned too.
func (d *DB) beginTelling(ctx context.Context, sinks, rules []string) (behind, dropped int64, err error) {
	names, err := json.Marshal(sinks)
	if err != nil {
		return 0, 0, err
	}
	kept, err := json.Marshal(rules)
	if err != nil {
		return 0, 0, err
	}
	err = d.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		gone, err := tx.ExecContext(ctx, "DELETE FROM deliveries WHERE sink NOT IN (SELECT value FROM json_each(?))", string(names))
		if err != nil {
			return err
		}
		if dropped, err = gone.RowsAffected(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM bursts WHERE rule NOT IN (SELECT value FROM json_each(?))", string(kept)); err != nil {
			return err
		}
		if len(sinks) == 0 {
			_, err := tx.ExecContext(ctx, "UPDATE telling SET behind = ?", noSinks)
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE telling SET behind = (SELECT COALESCE(max(n), (SELECT n FROM chain)) FROM events) WHERE behind = ?", noSinks); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT behind FROM telling").Scan(&behind)
	})
	return behind, dropped, err
}

// enqueue puts deliveries into the queues of sinks, notes how bursts stand, and that all was looked at up to an event: all of it or nothing.
// What is queued already stays as it is: it was written in spite of an error.
func (d *DB) enqueue(ctx context.Context, upTo int64, bySink map[string][]delivery, bursts map[string]burstState) error {
	return d.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for sink, deliveries := range bySink {
			for _, v := range deliveries {
				asked, err := json.Marshal(v.rules)
				if err != nil {
					return err
				}
				burst, err := json.Marshal(v.burst)
				if err != nil {
					return err
				}
				_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO deliveries (sink, event, rules, burst, queued, next) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
					sink, v.event, string(asked), string(burst), v.queued.UnixMilli())
				if err != nil {
					return err
				}
			}
		}
		for rule, state := range bursts {
			text, err := json.Marshal(state)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO bursts (rule, state) VALUES (?, ?)", rule, string(text)); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE telling SET behind = ?", upTo)
		return err
	})
}

// burst returns how the burst of a notification rule stands.
func (d *DB) burst(ctx context.Context, rule string) (state burstState, err error) {
	var text string
	err = d.reader.QueryRowContext(ctx, "SELECT state FROM bursts WHERE rule = ?", rule).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return state, nil
	}
	if err != nil {
		return state, err
	}
	err = json.Unmarshal([]byte(text), &state)
	return state, err
}

// due returns what a sink is to be told now, the oldest first, and when something is due next; the zero time when nothing is in its queue. Where
// the sink has failed, it is the one that was tried least: some that cannot be told must not keep the others back.
func (d *DB) due(ctx context.Context, sink string, now time.Time, most int, failed bool) (deliveries []delivery, next time.Time, err error) {
	order := "event"
	if failed {
		order, most = "attempts, event", 1
	}
	rows, err := d.reader.QueryContext(ctx,
		"SELECT event, rules, burst, queued, attempts, next FROM deliveries WHERE sink = ? AND given_up = 0 ORDER BY "+order, sink)
	if err != nil {
		return nil, next, err
	}
	defer rows.Close()
	for rows.Next() && len(deliveries) < most {
		var v delivery
		var asked, burst []byte
		var queued, at int64
		if err := rows.Scan(&v.event, &asked, &burst, &queued, &v.attempts, &at); err != nil {
			return nil, next, err
		}
		when := time.UnixMilli(at)
		if when.After(now) {
			if next.IsZero() || when.Before(next) {
				next = when
			}
			continue
		}
		if err := errors.Join(json.Unmarshal(asked, &v.rules), json.Unmarshal(burst, &v.burst)); err != nil {
			return nil, next, err
		}
		v.queued = time.UnixMilli(queued)
		deliveries = append(deliveries, v)
	}
	return deliveries, next, rows.Err()
}

// delivered takes deliveries out of a sink's queue.
func (d *DB) delivered(ctx context.Context, sink string, deliveries []delivery) error {
	_, err := d.exec(ctx, "DELETE FROM deliveries WHERE sink = ? AND event IN (SELECT value FROM json_each(?))", sink, eventsOf(deliveries))
	return err
}

// putOff notes that deliveries failed: when they are tried again, or that they never are.
func (d *DB) putOff(ctx context.Context, sink string, deliveries []delivery, why string, next time.Time, givenUp bool) error {
	_, err := d.exec(ctx, "UPDATE deliveries SET attempts = attempts + 1, next = ?, error = ?, given_up = ? WHERE sink = ? AND event IN (SELECT value FROM json_each(?))",
		next.UnixMilli(), strings.ToValidUTF8(why, "\ufffd"), givenUp, sink, eventsOf(deliveries))
	return err
}

// forget drops what was given up and queued before a time.
func (d *DB) forget(ctx context.Context, before time.Time) error {
	_, err := d.exec(ctx, "DELETE FROM deliveries WHERE given_up AND queued < ?", before.UnixMilli())
	return err
}

// eventsOf returns the events of deliveries as a JSON array.
func eventsOf(deliveries []delivery) string {
	events := make([]int64, 0, len(deliveries))
	for _, v := range deliveries {
		events = append(events, v.event)
	}
	return jsonNumbers(events)
}

// jsonNumbers returns numbers as a JSON array.
func jsonNumbers(numbers []int64) string {
	if len(numbers) == 0 {
		return "[]"
	}
	text, err := json.Marshal(numbers)
	if err != nil {
		panic(err) // numbers
	}
	return string(text)
}

// queueStatus returns how the queue of a sink stands.
func (d *DB) queueStatus(ctx context.Context, sink string) (s rules.SinkStatus, err error) {
	var oldest sql.NullInt64
	err = d.reader.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE NOT given_up), min(queued) FILTER (WHERE NOT given_up), count(*) FILTER (WHERE given_up),
		COALESCE((SELECT error FROM deliveries WHERE sink = ?1 AND error <> '' ORDER BY event LIMIT 1), '') FROM deliveries WHERE sink = ?1`, sink).
		Scan(&s.Queued, &oldest, &s.GivenUp, &s.Trouble)
	if oldest.Valid {
		s.Oldest = time.UnixMilli(oldest.Int64)
	}
	return s, err
}
