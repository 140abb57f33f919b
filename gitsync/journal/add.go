package journal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/alertsmith/alertsmith/rules"
)

// Add records commands that have ended, all in one transaction and in their order. One whose request or key is known is left alone. Sinks are
// told of them unless TellerOptions.Rebuilder sent them. It returns how many were recorded.
func (d *DB) Add(ctx context.Context, records []rules.Record) (added int, err error) {
	const failed = "the journal cannot be written"
	err = d.transact(ctx, func(w *preparedTx) error {
		for _, r := range records {
			known, err := w.addRecord(ctx, r)
			if err != nil {
				return err
			}
			if !known {
				added++
			}
		}
		return nil
	})
	if err != nil {
		return 0, unavailable(err, failed)
	}
	return added, nil
}

// ChangesOfOthers returns how many changes the journal has of requests that another program than this one sent: see rules.Request.Client.
func (d *DB) ChangesOfOthers(ctx context.Context, client string) (n int64, err error) {
	err = d.sql.QueryRowContext(ctx, "SELECT count(*) FROM commands WHERE revision <> '' AND about ->> 'client' IS NOT ?", client).Scan(&n)
	return n, wrap(err, cannotRead)
}

// addRecord adds one record, and reports whether it was there already.
func (w *preparedTx) addRecord(ctx context.Context, r rules.Record) (known bool, err error) {
	if r.Done.IsZero() {
		return false, errors.New("the record has no time of its end")
	}
	insert, err := w.prepare(ctx, receiveStatement+" ON CONFLICT DO NOTHING") //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return false, err
	}
	result, err := insert.ExecContext(ctx, receiveArguments(r.Request)...)
	if err != nil {
		return false, err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return true, err
	}
	arguments, err := finishArguments(r)
	if err != nil {
		return false, err
	}
	return false, w.exec(ctx, finishStatement, arguments...)
}

// The statements that record a command and its end, and what they take.
const (
	receiveStatement = `INSERT INTO commands (request_id, request_key, received, actor_id, actor_name, actor_email, team_id, team_name,
			channel_id, channel_name, entry, remote, command, about)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	finishStatement = `UPDATE commands SET action = ?1, result = ?2, ruler = ?4, reply = ?7, in_channel = ?8, done = ?9,
		state = CASE WHEN ` + displacedMeanwhile + ` OR ` + settledMeanwhile + ` THEN state ELSE ?3 END,
		revision = CASE WHEN ` + displacedMeanwhile + ` AND outcome ->> 'undone' = revision OR ` + settledMeanwhile + ` THEN revision ELSE ?5 END,
		outcome = CASE WHEN ` + settledMeanwhile + ` THEN outcome
			WHEN ` + displacedMeanwhile + ` THEN json_patch(?6, json_object('state', state, 'undone', outcome ->> 'undone', 'reason', outcome ->> 'reason',
			'displaced_at', outcome -> 'displaced_at', 'revision', CASE WHEN outcome ->> 'undone' = revision THEN revision ELSE ?5 END)) ELSE ?6 END
		WHERE request_id = ?10`
	// That a change was displaced may be known, by SetOutcome, while its command still waits for the ruler: what that saw last is not how the change ended.
	displacedMeanwhile = `(done IS NULL AND state = 'DISPLACED' AND ?3 <> 'DISPLACED')`
	// That a change which waits has come to rest may be written down, by SetOutcome, before that it waits. A command that failed once has ended before; and what
	// somebody else committed may come again, and then waits again.
	settledMeanwhile = `(?3 IN ('PENDING', 'NOT_LOADED') AND state IN ('LIVE', 'PAUSED', 'REVERTED', 'SUPERSEDED') AND (done IS NULL OR entry <> 'git' AND revision = ?5))`
)

func receiveArguments(r rules.Request) []any {
	return []any{
		r.ID, sql.NullString{String: r.Key, Valid: r.Key != ""}, r.Time.UnixMilli(), r.Actor.ID, r.Actor.Name, r.Actor.Email,
		r.Team.ID, r.Team.Name, r.Channel.ID, r.Channel.Name, r.Entry, r.Remote, r.Command, encodeAbout(r),
	}
}

func finishArguments(r rules.Record) ([]any, error) {
	encoded, err := encodeOutcome(r.Outcome)
	return []any{
		r.Action, r.Outcome.Result, r.Outcome.State, r.Outcome.Ruler, r.Outcome.Revision, string(encoded), r.Reply, r.InChannel, r.Done.UnixMilli(), r.Request.ID,
	}, err
}
