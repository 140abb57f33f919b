package journal

import (
	"context"
	"encoding/json"

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

// Received returns which of some requests the journal has an entry of, or had one that was pruned and was for somebody else's commit. It is one question,
// however many they are. The error is of kind Unavailable.
func (d *DB) Received(ctx context.Context, requestIDs []string) (map[string]bool, error) {
	const failed = "the journal cannot be read"
	list, err := json.Marshal(requestIDs)
	if err != nil {
		return nil, wrap(err, failed)
	}
	rows, err := d.reader.QueryContext(ctx, "SELECT value FROM json_each(?) WHERE value IN (SELECT request_id FROM commands) OR value IN (SELECT request_id FROM pruned_git)", string(list))
	if err != nil {
		return nil, wrap(err, failed)
	}
	defer rows.Close()
	received := map[string]bool{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, wrap(err, failed)
		}
		received[id] = true
	}
	return received, wrap(rows.Err(), failed)
}
