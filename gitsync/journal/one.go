package journal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/alertsmith/alertsmith/rules"
)

// Record returns the record of one command. Errors: NotFound; Unavailable.
func (d *DB) Record(ctx context.Context, requestID string) (rules.Record, error) {
	found, err := d.read(ctx, "WHERE request_id = ?", requestID)
	if err == nil && len(found) == 0 {
		err = &rules.Error{Kind: rules.NotFound, Offset: -1, Text: "The journal here has no command of that request."}
	}
	if err != nil {
		return rules.Record{}, err
	}
	return found[0], nil
}

// Received reports whether the journal has an entry of a request. The error is of kind Unavailable.
func (d *DB) Received(ctx context.Context, requestID string) (bool, error) {
	var one int
	err := d.reader.QueryRowContext(ctx, "SELECT 1 FROM commands WHERE request_id = ?", requestID).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, wrap(err, "the journal cannot be read")
}
