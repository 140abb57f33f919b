package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// index is the full-text index of the journal: a file of its own, so that writing it holds no command up. It is derived: it can be lost, and
// is made anew when it is another journal's, of another version, or broken.
type index struct {
	sql  *sql.DB
	path string
}

// indexVersion counts up whenever the same entry would be indexed in another way.
const indexVersion = 3

const indexSchema = `CREATE TABLE indexed (journal TEXT NOT NULL, up_to INTEGER NOT NULL, highest INTEGER NOT NULL, latest INTEGER NOT NULL, back INTEGER NOT NULL,
		lost_from INTEGER NOT NULL, lost_to INTEGER NOT NULL) STRICT;
	CREATE VIRTUAL TABLE entries USING fts5(tokens, content='', contentless_delete=1, detail=none, tokenize='ascii');`

// indexState is how far the index is.
type indexState struct {
	journal string // the id of the journal that it is of
	upTo    int64  // the last event that is in it
	highest int64  // the highest number of an entry in it
	latest  int64  // the latest time of an entry, in milliseconds
	back    int64  // by how much an entry's time is before that of an earlier one at most
	// The first and the last event that the index had when the journal no longer did; 0 where none was lost. They stay when the index is made anew, so
	// that Verify tells of them also when newer events have their numbers.
	lostFrom, lostTo int64
}

// lose notes what of the index the journal, whose newest event is head, no longer has.
func (s *indexState) lose(head int64) {
	if s.upTo <= head {
		return
	}
	if s.lostTo == 0 {
		s.lostFrom = head + 1
	}
	s.lostFrom, s.lostTo = min(s.lostFrom, head+1), max(s.lostTo, s.upTo)
}

// indexPath returns where the index of a journal is kept.
func indexPath(journal string) string { return strings.TrimSuffix(journal, ".db") + "-search.db" }

// openIndex opens the index to be written, or makes it: also when it knows more than the journal, whose newest event is head, as somebody removed what
// was written last, or a disk lost it. That it did is kept.
func openIndex(ctx context.Context, path, journal string, head int64) (*index, error) {
	x, err := connectIndex(path, false)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) { // somebody copied it as another user, or put something in its place
		if removed := removeIndex(path); removed != nil {
			return nil, errors.Join(err, removed)
		}
		x, err = connectIndex(path, false)
	}
	if err != nil {
		return nil, err
	}
	state, err := x.state(ctx)
	if err == nil && state.journal == journal && state.upTo <= head {
		return x, nil
	}
	lost := indexState{}
	if (err == nil || errors.Is(err, errOldIndex)) && state.journal == journal {
		state.lose(head)
		lost = state
	}
	if err := errors.Join(x.sql.Close(), removeIndex(path)); err != nil {
		return nil, err
	}
	if x, err = connectIndex(path, false); err != nil {
		return nil, err
	}
	err = x.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, indexSchema); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO indexed VALUES (?, 0, 0, 0, 0, ?, ?)", journal, lost.lostFrom, lost.lostTo); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(indexVersion))
		return err
	})
	if err != nil {
		return nil, errors.Join(err, x.sql.Close())
	}
	return x, nil
}

func connectIndex(path string, readOnly bool) (*index, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	options := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}, "_txlock": {"immediate"}}
	if readOnly {
		options = url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)"}, "mode": {"ro"}}
	} else if err := touchPrivate(path); err != nil {
		return nil, err
	}
	db, err := openSQLite(path, maxReaders+1, options)
	if err != nil {
		return nil, err
	}
	return &index{db, path}, nil
}

// touchPrivate makes a file that its owner alone may read, where there is none.
func touchPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator says where it is
	if err != nil {
		return err
	}
	return f.Close()
}

// removeIndex removes the files of an index.
func removeIndex(path string) error {
	var all error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); !errors.Is(err, fs.ErrNotExist) { //nolint:gosec // the operator says where it is
			all = errors.Join(all, err)
		}
	}
	return all
}

// errOldIndex says that an index was made by an older version.
var errOldIndex = errors.New("the index is an older version's")

// state returns how far the index is; an error where it is none, or another version's.
func (x *index) state(ctx context.Context) (indexState, error) { return readIndexState(ctx, x.sql) }

func readIndexState(ctx context.Context, from interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
},
) (s indexState, err error) {
	var version int
	if err := from.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return s, err
	}
	old := 0 < version && version < indexVersion
	if !old && version != indexVersion {
		return s, fmt.Errorf("its version is %d, and this program's %d", version, indexVersion)
	}
	err = from.QueryRowContext(ctx, "SELECT journal, up_to, highest, latest, back, lost_from, lost_to FROM indexed").
		Scan(&s.journal, &s.upTo, &s.highest, &s.latest, &s.back, &s.lostFrom, &s.lostTo)
	if old {
		return s, errOldIndex // what it knew of removed events is as before, where it could be read
	}
	return s, err
}

// count notes an entry that is indexed for the first time, as entries are in the order of their numbers.
func (s *indexState) count(e rules.JournalEntry) {
	received := e.Record.Request.Time.UnixMilli()
	s.back = max(s.back, s.latest-received)
	s.latest, s.highest = max(s.latest, received), e.Seq
}

// find returns the numbers of entries that match, between low and below high, descending.
func (x *index) find(ctx context.Context, match string, low, high int64, most int) ([]int64, error) {
	return readNumbers(ctx, x.sql, "SELECT rowid FROM entries WHERE entries MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?",
		match, low, high, most)
}

func (x *index) transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := x.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // nothing to do after a commit
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// errOvertaken says that somebody else has brought the index further meanwhile: what was read to be added may be older than what is there.
var errOvertaken = errors.New("the index was brought up to date by somebody else")

// add puts entries into the index that was at the event from, as they are after the event s.upTo.
func (x *index) add(ctx context.Context, entries []rules.JournalEntry, from int64, s indexState) error {
	return x.transact(ctx, func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(ctx, "INSERT OR REPLACE INTO entries (rowid, tokens) VALUES (?, ?)")
		if err != nil {
			return err
		}
		defer insert.Close() //nolint:errcheck // the end of the transaction closes it as well
		for _, e := range entries {
			if _, err := insert.ExecContext(ctx, e.Seq, tokensOf(e.Record)); err != nil {
				return err
			}
			if e.Seq > s.highest { // else it was indexed before, as it was then
				s.count(e)
			}
		}
		moved, err := tx.ExecContext(ctx, "UPDATE indexed SET up_to = ?, highest = ?, latest = ?, back = ? WHERE up_to = ?", s.upTo, s.highest, s.latest, s.back, from)
		if err != nil {
			return err
		}
		n, err := moved.RowsAffected()
		if err == nil && n == 0 {
			err = errOvertaken
		}
		return err
	})
}

const (
	indexBatch = 500             // events that are indexed in one transaction
	indexPause = 2 * time.Second // between two looks for what is new
	indexTidy  = 20_000          // entries after which the index is put into one piece
)

// Run keeps the index up to date until ctx ends. A failure is logged, and answers take longer meanwhile.
func (s *Search) Run(ctx context.Context, logger *slog.Logger) {
	for {
		if err := s.Update(ctx); err != nil && ctx.Err() == nil {
			logger.Warn("The index of the journal is not up to date: searching takes longer", "id", "AS2201", "err", err)
		}
		select {
		case <-time.After(indexPause):
		case <-ctx.Done():
			return
		}
	}
}

// Update brings the index up to date.
func (s *Search) Update(ctx context.Context) error {
	for added := 0; ; {
		state, err := s.index.state(ctx)
		if err != nil {
			return unavailable(err, "the index of the journal cannot be read")
		}
		n, last, err := s.updateOnce(ctx, state)
		if errors.Is(err, errOvertaken) {
			continue
		}
		if err != nil {
			return unavailable(err, "the index of the journal cannot be written")
		}
		if added += n; last {
			if added >= indexTidy {
				_, err = s.index.sql.ExecContext(ctx, "INSERT INTO entries(entries) VALUES ('optimize')")
			}
			return wrap(err, "the index of the journal cannot be written")
		}
	}
}

// updateOnce indexes what some more events wrote, and reports whether these were the last ones.
func (s *Search) updateOnce(ctx context.Context, state indexState) (added int, last bool, err error) {
	var upTo sql.NullInt64
	err = s.journal.QueryRowContext(ctx, "SELECT max(n) FROM (SELECT n FROM events WHERE n > ? ORDER BY n LIMIT ?)", state.upTo, indexBatch).Scan(&upTo)
	if err != nil || !upTo.Valid {
		return 0, true, err
	}
	entries, err := readEntries(ctx, s.journal, "WHERE seq IN (SELECT seq FROM events WHERE n > ? AND n <= ?) ORDER BY seq", state.upTo, upTo.Int64)
	if err != nil {
		return 0, false, err
	}
	from := state.upTo
	state.upTo = upTo.Int64
	return len(entries), upTo.Int64-from < indexBatch, s.index.add(ctx, entries, from, state)
}
