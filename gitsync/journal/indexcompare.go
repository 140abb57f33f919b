package journal

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

// tally is what is compared of the entries that a token of the index leads to: how many, and two sums of their numbers.
type tally struct{ n, sum, mixed int64 }

// mix and mixPrime make the second sum one that two errors do not even out in.
const mix, mixPrime = 2654435761, 4294967291

func (t tally) with(seq int64) tally {
	return tally{t.n + 1, t.sum + seq, t.mixed + seq*mix%mixPrime}
}

// VerifyIndex compares the index that searching uses with the entries, which takes about as long as it takes to make it. It returns what is not as it
// would be, or nil. Where there is no index, or an older version's, all is looked through when somebody searches, and nothing is wrong.
func (s *Search) VerifyIndex(ctx context.Context) (*Flaw, error) {
	what := s.unusable
	if s.index != nil {
		var err error
		switch what, err = s.compareIndex(ctx); {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			what = err.Error()
		}
	}
	if what == "" {
		return nil, nil //nolint:nilnil // there is none
	}
	return &Flaw{Derived: true, Text: fmt.Sprintf("the index that searching uses, %s, is damaged: %s. The journal's entries are sound without it: "+
		"stop the service and remove that file, and the service makes it anew", filepath.Base(indexPath(s.path)), what)}, nil
}

// compareIndex says what in the index is not as it would be if it was made now; "" for nothing. Its error is one of reading.
func (s *Search) compareIndex(ctx context.Context) (string, error) {
	// The vocabulary of FTS5 is read by a table of the connection's own, which s.index may not make.
	db, err := openSQLite(s.index.path, 1, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}})
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // nothing is written
	if _, err := db.ExecContext(ctx, "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, entries, instance)"); err != nil {
		return "", err
	}
	// Somebody may bring the index up to date meanwhile: all that is read here is of one moment, and the entries are read after it.
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	for _, table := range []string{"entries_data", "entries_idx", "entries_docsize", "entries_config", "indexed"} {
		var result string
		if err := tx.QueryRowContext(ctx, "PRAGMA integrity_check("+table+")").Scan(&result); err != nil || result != "ok" {
			return result, err
		}
	}
	state, err := readIndexState(ctx, tx)
	if err != nil {
		return "", err
	}
	want, leftOut, now, err := s.tallies(ctx, state)
	if err != nil {
		return "", err
	}
	pruned, err := s.number(ctx, "SELECT entries FROM chain")
	if err != nil {
		return "", err
	}
	lowest, err := s.number(ctx, "SELECT COALESCE(min(seq), 0) FROM commands")
	switch {
	case err != nil:
		return "", err
	case now.highest != state.highest, pruned == 0 && (now.latest != state.latest || now.back != state.back), now.latest > state.latest, now.back > state.back:
		return "it does not know which entries it has", nil
	}
	got, err := vocabulary(ctx, tx, leftOut, lowest)
	if err != nil || maps.Equal(got, want) {
		return "", err
	}
	return "its tokens are not those of the entries", nil
}

// tallies returns the tallies that the index in a state would have of the entries, and what that state would be. Left out are entries that were written
// since: the index does not have them as they are.
func (s *Search) tallies(ctx context.Context, state indexState) (want map[string]tally, leftOut []int64, now indexState, err error) {
	want = map[string]tally{}
	for at := int64(0); ; {
		entries, err := readEntries(ctx, s.journal, "WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?", at, state.highest, indexBatch)
		if err != nil || len(entries) == 0 {
			return want, leftOut, now, err
		}
		at = entries[len(entries)-1].Seq
		changed, err := s.changedSince(ctx, state.upTo, at+1) // after they were read, so that none that has changed is taken for one that has not
		if err != nil {
			return nil, nil, now, err
		}
		for _, e := range entries {
			if now.count(e); slices.Contains(changed, e.Seq) {
				leftOut = append(leftOut, e.Seq)
				continue
			}
			for token := range strings.FieldsSeq(tokensOf(e.Record)) {
				want[token] = want[token].with(e.Seq)
			}
		}
	}
}

// vocabulary returns the tallies of the tokens that the index has. Entries that were pruned stay in it, and cost nothing.
func vocabulary(ctx context.Context, tx *sql.Tx, leftOut []int64, lowest int64) (map[string]tally, error) {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT term, count(*), sum(doc), sum(doc * %d %% %d) FROM temp.vocabulary
		WHERE doc >= ? AND doc NOT IN (SELECT value FROM json_each(?)) GROUP BY term`, mix, mixPrime), lowest, jsonNumbers(leftOut))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]tally{}
	for rows.Next() {
		var term string
		var t tally
		if err := rows.Scan(&term, &t.n, &t.sum, &t.mixed); err != nil {
			return nil, err
		}
		all[term] = t
	}
	return all, rows.Err()
}
