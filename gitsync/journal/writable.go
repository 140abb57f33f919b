package journal

import "context"

// Writable returns nil when a command could be recorded now: the database is there and nobody else holds its write lock.
func (d *DB) Writable(ctx context.Context) error {
	const text = "the journal cannot be written"
	if err := d.inPlace(); err != nil {
		return unavailable(err, text)
	}
	tx, err := d.sql.BeginTx(ctx, nil) // takes the write lock at once
	if err != nil {
		return unavailable(err, text)
	}
	return wrap(tx.Rollback(), text)
}
