package journal

import (
	"context"
	"database/sql"
	"fmt"
)

// Writable returns nil when a command could be recorded now: the database is there, nobody else holds its write lock, and a page of it was just written and
// is on the disk. It says what it said before, so that the journal does not grow, and no entry tells of it.
func (d *DB) Writable(ctx context.Context) error {
	const text = "the journal cannot be written"
	if err := d.inPlace(); err != nil {
		return unavailable(err, text)
	}
	err := d.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(migrations))) // SQLite writes it whether or not it is another one
		return err
	})
	if err != nil {
		return unavailable(err, "%s", text+fault(err))
	}
	return nil
}
