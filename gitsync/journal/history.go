package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// The history of the rules is an index of what Git has: it is made of it, answers what would take Git minutes, and can be thrown away at
// any time. It holds the commits that lead to its tips, no more and no fewer, at the end of each transaction; it is complete when there is
// one tip and that is the rulebook's head.

const (
	maxChunk       = 200      // rows that one transaction writes or removes at most: what the journal waits for
	maxIndexedBody = 64 << 10 // bytes of a message's body that the index keeps
	maxSeconds     = 1 << 40  // of a commit's date; what is later has a clock that nobody needs to follow
	micros         = 1_000_000
	maxStride      = 1 << 16 // of a position beyond that of a parent with a later date
)

// IndexedCommit is a commit of the rulebook and what it did to rules.
type IndexedCommit struct {
	Commit   rules.PastCommit
	Versions []rules.Version
}

// HistoryStep changes the index of the history by one transaction.
type HistoryStep struct {
	Remove []string        // full hashes of commits
	Add    []IndexedCommit // parents before children
	Tips   []string        // of the index after the step, full hashes
}

// HistoryTips returns the tips of the index, its only one twice where that is not settled yet; none when there is no index, or it has another fingerprint. A fingerprint says how an index
// was made: two of one rulebook with equal fingerprints and tips are equal.
func (d *DB) HistoryTips(ctx context.Context, fingerprint string) ([]string, error) {
	var known, tips string
	err := d.reader.QueryRowContext(ctx, "SELECT fingerprint, tips FROM history").Scan(&known, &tips)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, unavailable(err, historyUnreadable)
	case known != fingerprint:
		return nil, nil
	}
	return strings.Fields(tips), nil
}

const (
	historyUnreadable = "the index of the history cannot be read"
	historyUnwritable = "the index of the history cannot be written"
)

// WriteHistory does a step, as one transaction but for what the journal would wait for: what a commit did to very many rules is written ahead and counts
// with the commit, and how many commits came with one is written after it. A commit that is there already is left alone. A step that is no more than its one tip
// completes what was not settled.
func (d *DB) WriteHistory(ctx context.Context, step HistoryStep) error {
	all := make([]countedCommit, len(step.Add))
	for i, c := range step.Add {
		var err error
		if all[i], err = countVersions(c); err != nil {
			return unavailable(err, historyUnwritable)
		}
	}
	if len(all) == 1 && len(step.Remove) == 0 {
		for len(all[0].Versions) > maxChunk {
			if err := d.writeAhead(ctx, &all[0]); err != nil {
				return unavailable(err, historyUnwritable)
			}
		}
	}
	settling, settled := &settling{tip: strings.Join(step.Tips, " ")}, true
	err := d.changeHistory(ctx, func(w *historyTx) error {
		linear := w.linear(step)
		for _, revision := range step.Remove {
			if err := w.removeCommit(ctx, revision); err != nil {
				return err
			}
		}
		for _, c := range all {
			if err := w.add(ctx, c, linear); err != nil {
				return err
			}
		}
		w.row.tips = settling.tip
		if linear || len(step.Tips) != 1 {
			return nil
		}
		var err error
		settled, err = w.settle(ctx, settling)
		return err
	})
	for err == nil && !settled {
		err = d.changeHistory(ctx, func(w *historyTx) error {
			var err error
			settled, err = w.settle(ctx, settling)
			return err
		})
	}
	return wrap(err, historyUnwritable)
}

// writeAhead writes the last versions of a commit that is not there yet, and takes them off it.
func (d *DB) writeAhead(ctx context.Context, c *countedCommit) error {
	rest := len(c.Versions) - maxChunk
	err := d.changeHistory(ctx, func(w *historyTx) error {
		position, known, err := w.place(ctx, c.Commit)
		if err != nil || known {
			return err
		}
		return w.addVersions(ctx, position, rest, c.Versions[rest:], c.nth[rest:])
	})
	c.Versions = c.Versions[:rest]
	return err
}

// place returns where a commit belongs, and whether it is there already. Equal dates and equal parents are told apart by the commit's hash,
// so that the position does not depend on when a commit came to be known.
func (w *historyTx) place(ctx context.Context, c rules.PastCommit) (position int64, known bool, err error) {
	revision, err := hex.DecodeString(c.Revision)
	if err != nil || len(revision) < 4 {
		return 0, false, fmt.Errorf("%q is no hash of a commit: %w", c.Revision, err)
	}
	if position, known, err = w.position(ctx, revision); known || err != nil {
		return position, known, err
	}
	chance := int64(binary.BigEndian.Uint32(revision))
	position = seconds(c.When)*micros + chance%micros
	for _, parent := range c.Parents {
		hash, err := hex.DecodeString(parent)
		if err != nil {
			return 0, false, err
		}
		before, ok, err := w.position(ctx, hash)
		if err == nil && !ok {
			err = fmt.Errorf("the parent %s of %s is not there", parent, c.Revision)
		}
		if err != nil {
			return 0, false, err
		}
		position = max(position, before+1+chance%maxStride)
	}
	for taken := true; taken; position++ {
		if _, taken, err = w.number(ctx, "SELECT 1 FROM history_commits WHERE position = ?", position); err != nil {
			return 0, false, err
		}
		if !taken {
			break
		}
	}
	return position, false, nil
}

// seconds returns a commit's date in seconds since 1970, as far as a clock can be taken seriously.
func seconds(t time.Time) int64 { return min(max(t.Unix(), 0), maxSeconds) }

// add adds a commit. In a linear step it is on the line at once; else that is settled when all are there.
func (w *historyTx) add(ctx context.Context, c countedCommit, linear bool) error {
	position, known, err := w.place(ctx, c.Commit)
	if err != nil || known {
		return err
	}
	revision, err := hex.DecodeString(c.Commit.Revision)
	if err != nil {
		return err
	}
	parents, err := hex.DecodeString(strings.Join(c.Commit.Parents, ""))
	if err != nil {
		return err
	}
	trailers, err := json.Marshal(c.Commit.Trailers)
	if err != nil {
		return err
	}
	undoes := ""
	if c.Commit.Action() == (rules.Undo{}).Action() {
		undoes = cmp.Or(c.Commit.Trailer(rules.TrailerUndoes), c.Commit.Trailer("Request-Id")) // the service's own, of what a ruler refused, said less once
	}
	line := int64(0)
	if linear {
		line = position
	}
	author := c.Commit.Author
	valid := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	err = w.insert(ctx, &w.row.commits, addCommit, position, revision, append([]byte{}, parents...), seconds(c.Commit.When), valid(author.Name), valid(author.Email), valid(author.ID),
		strings.ToLower(valid(author.Name)), strings.ToLower(valid(author.ID)), c.Commit.Action(), c.Commit.Trailer("Request-Id"), valid(c.Commit.Subject),
		valid(c.Commit.Body[:min(len(c.Commit.Body), maxIndexedBody)]), string(trailers), undoes, c.did, line)
	if err != nil {
		return err
	}
	return w.addVersions(ctx, position, 0, c.Versions, c.nth)
}

// addVersions adds versions of a commit, numbered from first; nth is theirs as countedCommit has it.
func (w *historyTx) addVersions(ctx context.Context, position int64, first int, versions []rules.Version, nth []int) error {
	// Whatever is there was written ahead before a crash.
	err := w.remove(ctx, &w.row.versions, "DELETE FROM history_versions WHERE position = ? AND n >= ? AND n < ?", position, first, first+len(versions))
	if err != nil {
		return err
	}
	for i, v := range versions {
		rule, err := w.rule(ctx, v.Ref)
		if err != nil {
			return err
		}
		var from sql.NullInt64
		var was sql.NullString
		if v.Kind == rules.RuleMoved {
			if from.Int64, err = w.rule(ctx, v.From); err != nil {
				return err
			}
			from.Valid = true
			was = sql.NullString{String: v.From.Name, Valid: v.From.Name != v.Ref.Name}
		}
		err = w.insert(ctx, &w.row.versions, addVersion, position, first+i, string(v.Kind), rule, from, v.Ref.Name, was, nth[i])
		if err != nil {
			return err
		}
	}
	return nil
}

// rule returns the number of a place that rules stand at.
func (w *historyTx) rule(ctx context.Context, r rules.Ref) (int64, error) {
	id, ok, err := w.number(ctx, selectRule, r.Path, r.Group, r.Name, r.Nth, r.Ruler)
	if ok || err != nil {
		return id, err
	}
	if id, _, err = w.number(ctx, "SELECT COALESCE(max(id), 0) + 1 FROM history_rules"); err != nil {
		return 0, err
	}
	return id, w.insert(ctx, &w.row.rules, addRule, id, r.Ruler, r.Path, r.Group, r.Name, r.Nth)
}

const selectRule = "SELECT id FROM history_rules WHERE path = ? AND grp = ? AND name = ? AND nth = ? AND ruler = ?"

func (w *historyTx) removeCommit(ctx context.Context, revision string) error {
	hash, err := hex.DecodeString(revision)
	if err != nil {
		return err
	}
	position, known, err := w.position(ctx, hash)
	if err != nil || !known {
		return err
	}
	if err := w.remove(ctx, &w.row.versions, "DELETE FROM history_versions WHERE position = ?", position); err != nil {
		return err
	}
	return w.remove(ctx, &w.row.commits, "DELETE FROM history_commits WHERE position = ?", position)
}
