package journal

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
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

// linear reports whether a step adds no more than commits each of which is put on the one before it, and the first one on the index's tip: all that is
// there is on the line then, or came with what is, and so are these, each by itself.
func (w *historyTx) linear(step HistoryStep) bool {
	on, ok := w.row.tips, len(step.Remove) == 0 && len(step.Tips) == 1 && (w.row.tips != "" || w.row.commits == 0)
	for _, c := range step.Add {
		ok = ok && len(c.Commit.Parents) <= 1 && strings.Join(c.Commit.Parents, "") == on
		on = c.Commit.Revision
	}
	return ok && on == step.Tips[0]
}

// settling is how far the commits are settled that are new on the line which ends at a tip, and those that came with one of them. It may take many
// transactions. The oldest commit of the line is settled first, and each after what came with it: whoever begins anew goes on from there.
type settling struct {
	tip     string
	begun   bool
	next    lined          // of the line, the newest that was not looked at; in the end the newest that was settled before
	fresh   []lined        // that are new on the line, the newest first
	at      lined          // the one of the line that came after these
	came    []lined        // that came with it, and were not looked at
	settled map[int64]bool // positions
}

// settle goes on for at most maxChunk commits, and reports whether all are settled. Meanwhile the index has its tip twice, so that what a crash cuts is
// completed. A line that leads to one of several tips may not be the one that the branch goes on with: none is settled before there is one.
func (w *historyTx) settle(ctx context.Context, s *settling) (done bool, err error) {
	if !s.begun {
		s.begun, s.settled = true, map[int64]bool{}
		revision, err := hex.DecodeString(s.tip)
		if err != nil {
			return false, err
		}
		if s.next, err = w.lined(ctx, revision); err != nil {
			return false, err
		}
	}
	for range maxChunk {
		switch last := len(s.fresh) - 1; {
		case s.next.position != 0 && s.next.line != s.next.position:
			s.fresh = append(s.fresh, s.next)
			s.next, err = w.before(ctx, s.next)
		case len(s.came) > 0:
			err = w.settleCame(ctx, s)
		case s.at.position != 0:
			s.settled[s.at.position] = true
			err = w.exec(ctx, setLine, s.at.position, s.at.position)
			s.at = lined{}
		case last >= 0:
			s.at, s.fresh = s.fresh[last], s.fresh[:last]
			s.came, err = w.parents(ctx, s.at)
		default:
			w.row.tips = s.tip
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
	w.row.tips = s.tip + " " + s.tip
	return false, nil
}

// settleCame settles one commit that came with one of the line, unless it came before that.
func (w *historyTx) settleCame(ctx context.Context, s *settling) error {
	last := len(s.came) - 1
	c := s.came[last]
	s.came = s.came[:last]
	if c.position == 0 || s.settled[c.position] || c.line != 0 && c.line <= s.next.position {
		return nil
	}
	s.settled[c.position] = true
	if err := w.exec(ctx, setLine, c.position, s.at.position); err != nil {
		return err
	}
	parents, err := w.parents(ctx, c)
	s.came = append(s.came, parents...)
	return err
}

// parents returns the parents of a commit.
func (w *historyTx) parents(ctx context.Context, c lined) (parents []lined, err error) {
	for _, revision := range c.parents {
		parent, err := w.lined(ctx, revision)
		if err != nil {
			return nil, err
		}
		parents = append(parents, parent)
	}
	return parents, nil
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
