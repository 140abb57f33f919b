package journal

import (
	"context"

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
