package journal

import (
	"context"
	"database/sql"
	"strings"
)

// What sinks are still to be told is proved by sums (see rowsum.go), which triggers keep.

var (
	queueTelling    = summed{"telling", []string{"behind"}, "'its only row'"}
	queueBursts     = summed{"bursts", strings.Fields("rule state"), "'of the rule ' || rule"}
	queueDeliveries = summed{"deliveries", strings.Fields("sink event rules burst queued attempts next given_up error"), "'event ' || event || ' for ' || sink"}
)

// MendQueue drops what is not as it was written of what sinks are still to be told, and returns how many rows that were. Where that is up to which event
// they were told, they are told what happens from now on. Nobody else may write meanwhile.
func (d *DB) MendQueue(ctx context.Context) (dropped int64, err error) {
	err = d.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range []string{
			"DELETE FROM deliveries WHERE " + queueDeliveries.differs(),
			"DELETE FROM bursts WHERE " + queueBursts.differs(),
			"UPDATE telling SET behind = (SELECT COALESCE(max(n), (SELECT n FROM chain)) FROM events) WHERE " + queueTelling.differs(),
		} {
			result, err := tx.ExecContext(ctx, statement)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			dropped += n
		}
		return nil
	})
	return dropped, wrap(err, "the queue of the journal's sinks cannot be mended")
}
