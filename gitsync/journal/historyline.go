package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// The line is what the branch was at, one after the other: its tip and, of each commit, the parent that it was put on. Every other commit came to the
// branch with the first commit of the line that it leads to. The column line has the position of that one, of a commit of the line its own, and 0 before
// that is known.

// lined is a commit as the line needs it.
type lined struct {
	position, line int64
	parents        [][]byte
	ours           bool
}

const selectLined = "SELECT position, line, parents, request_id <> '' FROM history_commits WHERE revision = ?"

// lined returns a commit; its position is 0 where there is none.
func (w *historyTx) lined(ctx context.Context, revision []byte) (c lined, err error) {
	s, err := w.prepare(ctx, selectLined) //nolint:sqlclosecheck // the end of the transaction closes it
	if err != nil {
		return c, err
	}
	var parents []byte
	err = s.QueryRowContext(ctx, revision).Scan(&c.position, &c.line, &parents, &c.ours)
	if errors.Is(err, sql.ErrNoRows) {
		return c, nil
	}
	for ; len(parents) > 0; parents = parents[len(revision):] {
		c.parents = append(c.parents, parents[:len(revision)])
	}
	return c, err
}

// setLine writes with which commit one came.
var setLine = func() string {
	columns := strings.Join(historyCommits.columns, ", ")
	return "UPDATE history_commits SET line = ?2, sum = journal_sum(" + strings.Replace(columns, ", line", ", ?2", 1) + ") WHERE position = ?1"
}()

// settle writes of the commits that are new on the line which ends at a tip that they are on it, and of those that came with one of them with which.
func (w *historyTx) settle(ctx context.Context, tip string) error {
	revision, err := hex.DecodeString(tip)
	if err != nil {
		return err
	}
	next, err := w.lined(ctx, revision)
	var fresh []lined // the newest first
	for err == nil && next.position != 0 && next.line != next.position {
		fresh = append(fresh, next)
		next, err = w.before(ctx, next)
	}
	if err != nil {
		return err
	}
	known := next.position // what leads to this one is settled
	settled := map[int64]bool{}
	for _, n := range slices.Backward(fresh) {
		for came := []lined{n}; len(came) > 0; {
			c := came[len(came)-1]
			came = came[:len(came)-1]
			if c.position == 0 || settled[c.position] || c.line != 0 && c.line <= known {
				continue
			}
			settled[c.position] = true
			if err := w.exec(ctx, setLine, c.position, n.position); err != nil {
				return err
			}
			for _, revision := range c.parents {
				parent, err := w.lined(ctx, revision)
				if err != nil {
					return err
				}
				came = append(came, parent)
			}
		}
	}
	return nil
}

// before returns the commit that one was put on: its first parent, but of a merge that somebody made in a clone and pushed, the one of ours, which
// the branch was at. Its position is 0 where there is none.
func (w *historyTx) before(ctx context.Context, c lined) (first lined, err error) {
	for i, revision := range c.parents {
		parent, err := w.lined(ctx, revision)
		switch {
		case err != nil:
			return lined{}, err
		case parent.ours:
			return parent, nil
		case i == 0:
			first = parent
		}
	}
	return first, nil
}

// arrived adds the conditions that a commit came to the branch not before a time, and before another one; zero times are none. It came as StateAt has it.
// Beside the line they are bounds of the position, whichever table is looked through: nothing has a position beyond that of what it came with.
func (r historyReader) arrived(ctx context.Context, f *filter, from, until time.Time) error {
	var tips string
	if err := r.tx.QueryRowContext(ctx, "SELECT tips FROM history").Scan(&tips); err != nil {
		return err
	}
	tip, _, _ := strings.Cut(tips, " ")
	if !from.IsZero() {
		before, found, err := r.standingAt(ctx, tip, secondsUp(from)-1)
		if err != nil {
			return err
		}
		if found {
			var drift sql.NullInt64 // how far what came with a commit lies behind it at most
			if err := r.tx.QueryRowContext(ctx, "SELECT max(line - position) FROM history_commits").Scan(&drift); err != nil {
				return err
			}
			least := before.position - max(drift.Int64, 0)
			f.and("c.line > ? AND c.position > ? AND v.position > ?", before.position, least, least)
		}
	}
	if !until.IsZero() {
		last, found, err := r.standingAt(ctx, tip, secondsUp(until)-1)
		if err != nil {
			return err
		}
		if !found {
			last.position = -1
		}
		f.and("c.line <= ? AND c.position <= ? AND v.position <= ?", last.position, last.position, last.position)
	}
	return nil
}
