package journal

import (
	"context"
	"database/sql"
	"sync"
)

// writing is statements that are written together: those that come while others are written wait, and then have one transaction and
// so one fsync.
type writing struct {
	turn     sync.Mutex           // held by whoever writes
	prepared map[string]*sql.Stmt // statements that were written before; whoever writes has them
	mu       sync.Mutex
	waiting  []*write // the oldest first
}

// write is one statement. Whoever has the turn sets how it ended.
type write struct {
	statement string
	args      []any
	result    sql.Result
	err       error
	done      bool
}

// exec runs a statement that writes, which is on the disk when exec returns no error, and does nothing when it returns one. Once it began, ctx
// does not end it: whether it was done must not be in doubt.
func (d *DB) exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := &write{statement: statement, args: args}
	d.writing.mu.Lock()
	d.writing.waiting = append(d.writing.waiting, w)
	d.writing.mu.Unlock()

	d.writing.turn.Lock()
	defer d.writing.turn.Unlock()
	if !w.done { // nobody whose turn was before has taken it along
		d.writing.mu.Lock()
		all := d.writing.waiting
		d.writing.waiting = nil
		d.writing.mu.Unlock()
		d.write(context.WithoutCancel(ctx), all)
	}
	return w.result, w.err
}

// write runs statements, and sets how each ended. Where one of several fails, or they cannot be committed together, none of them was done, and
// each is run by itself: a failure is nobody else's.
func (d *DB) write(ctx context.Context, all []*write) {
	together := len(all) > 1
	if together {
		for _, w := range all {
			d.prepare(ctx, w.statement)
		}
		tx, err := d.sql.BeginTx(ctx, nil)
		if err != nil { // the database cannot be written: no need to find that out for each
			for _, w := range all {
				w.err, w.done = err, true
			}
			return
		}
		for _, w := range all {
			if w.result, err = d.run(ctx, tx, w); err != nil {
				break
			}
		}
		if err == nil {
			err = tx.Commit()
		} else {
			_ = tx.Rollback() // what was not committed is not there, whatever this says
		}
		together = err == nil
	}
	for _, w := range all {
		if !together {
			d.prepare(ctx, w.statement)
			w.result, w.err = d.run(ctx, nil, w)
		}
		w.done = true
	}
}

// prepare has a statement read by SQLite once and for all. When that fails, it is read when it is run, and fails then.
func (d *DB) prepare(ctx context.Context, statement string) {
	if d.writing.prepared[statement] != nil {
		return
	}
	if prepared, err := d.sql.PrepareContext(ctx, statement); err == nil { //nolint:sqlclosecheck // it is closed with the database
		if d.writing.prepared == nil {
			d.writing.prepared = map[string]*sql.Stmt{}
		}
		d.writing.prepared[statement] = prepared
	}
}

// run runs a statement in a transaction; nil is one of its own.
func (d *DB) run(ctx context.Context, tx *sql.Tx, w *write) (sql.Result, error) {
	prepared := d.writing.prepared[w.statement]
	switch {
	case prepared == nil && tx == nil:
		return d.sql.ExecContext(ctx, w.statement, w.args...)
	case prepared == nil:
		return tx.ExecContext(ctx, w.statement, w.args...)
	case tx != nil:
		prepared = tx.StmtContext(ctx, prepared) //nolint:sqlclosecheck // it ends with the transaction
	}
	return prepared.ExecContext(ctx, w.args...)
}

// transaction runs a transaction that writes, by itself. Once it began, ctx does not end it.
func (d *DB) transaction(ctx context.Context, do func(ctx context.Context, tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	tx, err := d.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to do after a commit
	if err := do(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}
