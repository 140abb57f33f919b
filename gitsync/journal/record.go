package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"

	"github.com/alertsmith/alertsmith/rules"
)

const notAccepted = "not accepted: the journal cannot be written"

// Receive records a command before it is worked on; it is on the disk when Receive returns. When r.Key is not empty and a
// command with that key was received before, nothing is recorded and prior is that command's record; its Done is zero
// while it is still being worked on. Of any number of calls with one key, at once or across a restart, one records.
func (d *DB) Receive(ctx context.Context, r rules.Request) (prior *rules.Record, err error) {
	if err := d.inPlace(); err != nil {
		return nil, unavailable(err, notAccepted)
	}
	result, err := d.exec(ctx, receiveStatement+" ON CONFLICT (request_key) DO NOTHING", receiveArguments(r)...)
	if err != nil {
		return nil, unavailable(err, "%s", notAccepted+fault(err))
	}
	if added, err := result.RowsAffected(); err != nil || added == 1 {
		return nil, wrap(err, notAccepted)
	}
	known, err := d.records(ctx, "WHERE request_key = ?", r.Key)
	if err == nil && len(known) != 1 {
		err = fmt.Errorf("%d records have one request key", len(known))
	}
	if err != nil {
		return nil, unavailable(err, notAccepted)
	}
	return &known[0], nil
}

// fault returns why the database could not be written, to stand behind that.
func fault(err error) string {
	if isFull(err) {
		return rules.DiskFull
	}
	return rules.DiskFault(err)
}

// isFull reports whether SQLite found no room on the disk.
func isFull(err error) bool {
	const full = 13 // SQLITE_FULL
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == full
}

// Finish records how a command that was received ended. r.Done must be set; r.Request but for its ID is not looked at. Where SetOutcome has said meanwhile that
// the change was displaced, it stays displaced; and where it has said that a change has come to rest which r says to wait, that holds.
func (d *DB) Finish(ctx context.Context, r rules.Record) error {
	const failed = "the end of the command cannot be written to the journal"
	if r.Done.IsZero() {
		return unavailable(errors.New("the record has no time of its end"), failed)
	}
	arguments, err := finishArguments(r)
	if err != nil {
		return unavailable(err, failed)
	}
	return wrap(d.update(ctx, r.Request.ID, finishStatement, arguments...), failed)
}

// SetOutcome replaces the outcome of a command: a change that waited is live now.
func (d *DB) SetOutcome(ctx context.Context, requestID string, o rules.Outcome) error {
	const failed = "the new state of a change cannot be written to the journal"
	encoded, err := encodeOutcome(o)
	if err != nil {
		return unavailable(err, failed)
	}
	return wrap(d.update(ctx, requestID,
		`UPDATE commands SET result = ?, state = ?, ruler = ?, revision = ?, outcome = ? WHERE request_id = ?`,
		o.Result, o.State, o.Ruler, o.Revision, string(encoded), requestID), failed)
}

// ErrNotReceived is in the chain of an error about a request that the journal does not know: it was another replica's.
var ErrNotReceived = errors.New("it was never received here")

// update runs a statement that has to change the one record of a request.
func (d *DB) update(ctx context.Context, requestID, statement string, args ...any) error {
	result, err := d.exec(ctx, statement, args...)
	if err != nil {
		return err
	}
	changed, err := result.RowsAffected()
	if err == nil && changed != 1 {
		err = fmt.Errorf("request %q: %w", requestID, ErrNotReceived)
	}
	return err
}

// Interrupted returns the commands that were received and did not end, the oldest first: after a start, those that the
// last run of the service left behind.
func (d *DB) Interrupted(ctx context.Context) ([]rules.Record, error) {
	return d.read(ctx, "WHERE done IS NULL ORDER BY seq")
}

// Waiting returns the changes that are committed and not live yet (Pending or NotLoaded), the oldest first.
func (d *DB) Waiting(ctx context.Context) ([]rules.Record, error) {
	return d.read(ctx, "WHERE done IS NOT NULL AND state IN ('PENDING', 'NOT_LOADED') ORDER BY seq")
}

// Missed returns the commands since a time that were interrupted or displaced and given at a terminal or in the console, where nobody could be told
// of that, and whose authors have given no command there since; the oldest first.
func (d *DB) Missed(ctx context.Context, since time.Time) ([]rules.Record, error) {
	return d.read(ctx, `WHERE received >= ?1 AND entry IN (?2, ?3, ?4) AND (outcome ->> 'interrupted' OR outcome ->> 'displaced_at') AND NOT EXISTS (
		SELECT 1 FROM commands later WHERE later.received > coalesce(commands.outcome ->> 'displaced_at', commands.done) AND later.actor_id = commands.actor_id AND later.entry IN (?2, ?3)
	) ORDER BY seq`, since.UnixMilli(), rules.EntryCLI, rules.EntryWeb, rules.EntryImport)
}

func (d *DB) read(ctx context.Context, where string, args ...any) ([]rules.Record, error) {
	records, err := d.records(ctx, where, args...)
	return records, wrap(err, "the journal cannot be read")
}

// records reads the rows that where selects, by the connection that writes: it sees what was just written.
func (d *DB) records(ctx context.Context, where string, args ...any) ([]rules.Record, error) {
	entries, err := readEntries(ctx, d.sql, where, args...)
	var records []rules.Record
	for _, e := range entries {
		records = append(records, e.Record)
	}
	return records, err
}

// wrap is unavailable for an error, and nil for none.
func wrap(err error, text string) error {
	if err == nil {
		return nil
	}
	return unavailable(err, "%s", text)
}
