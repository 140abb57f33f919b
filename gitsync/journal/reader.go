package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// Search returns what answers questions about the journal. Its Run keeps the index up to date; it has to be closed before d is.
func (d *DB) Search(ctx context.Context) (*Search, error) {
	id, err := journalID(ctx, d.reader)
	if err != nil {
		return nil, unavailable(err, "%s", cannotRead)
	}
	s := &Search{path: d.path, journal: d.reader}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, err
	}
	if s.index, err = openIndex(ctx, indexPath(d.path), id, head); err != nil {
		return nil, unavailable(err, "the index of the journal %s cannot be opened", indexPath(d.path))
	}
	s.close = s.index.sql.Close
	return s, nil
}

// OpenSearch returns what answers questions about the journal at path, beside the service that writes it or without one. It writes nothing; an
// index that is missing or old only makes answers take longer.
func OpenSearch(ctx context.Context, path string) (*Search, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, unavailable(err, "there is no journal at %s", path)
	}
	db, err := connectReader(path, busyTimeout)
	if err != nil {
		return nil, unavailable(err, "the journal %s cannot be opened", path)
	}
	s := &Search{path: path, journal: db, close: db.Close}
	var version int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return nil, unavailable(errors.Join(err, db.Close()), "the journal %s cannot be read", path)
	}
	if version != len(migrations) {
		err := fmt.Errorf("its schema has version %d, and this program's %d", version, len(migrations))
		return nil, unavailable(errors.Join(err, db.Close()),
			"the journal %s was written by another version of Alertsmith: start the service of this version once, or ask with the program of that one", path)
	}
	if err := s.readIndex(ctx, indexPath(path)); err != nil {
		return nil, unavailable(errors.Join(err, db.Close()), "the index of the journal %s cannot be opened", path)
	}
	if s.index != nil {
		s.close = func() error { return errors.Join(s.index.sql.Close(), db.Close()) }
	}
	return s, nil
}

// readIndex opens the index of the journal to be read, where there is one that is this journal's.
func (s *Search) readIndex(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil // it is not needed
	}
	id, err := journalID(ctx, s.journal)
	if err != nil {
		return err
	}
	x, err := connectIndex(path, true)
	if err != nil {
		return err
	}
	switch state, err := x.state(ctx); {
	case errors.Is(err, errOldIndex):
	case err != nil:
		s.unusable = "it cannot be read: " + err.Error()
	case state.journal != id:
		s.unusable = "it is another journal's"
	default:
		s.index = x
		return nil
	}
	return x.sql.Close()
}

// Close lets go of what was opened.
func (s *Search) Close() error { return s.close() }

func journalID(ctx context.Context, db *sql.DB) (id string, err error) {
	err = db.QueryRowContext(ctx, "SELECT id FROM chain").Scan(&id)
	return id, err
}

// ID returns the journal's id, which commits name in their anchors.
func (s *Search) ID(ctx context.Context) (string, error) {
	id, err := journalID(ctx, s.journal)
	return id, wrap(err, cannotRead)
}

// Head returns the number of the newest event of the journal; 0 when there is none.
func (s *Search) Head(ctx context.Context) (int64, error) {
	n, err := s.number(ctx, "SELECT COALESCE(max(n), (SELECT n FROM chain)) FROM events")
	return n, wrap(err, cannotRead)
}

// changesBytes is about how much text of entries is read at once for somebody who follows the journal, however long single commands are: there may be
// many of them, and each takes it in at a pace of its own.
const changesBytes = 256 << 10

// Changes returns at most so many changes behind an event, and at least one where there is any, the oldest first, each with its entry as it is now. Who
// has seen them goes on behind the last one until there are none: nothing is left out and nothing comes twice.
func (s *Search) Changes(ctx context.Context, behind int64, most int) ([]rules.JournalChange, error) {
	changes, err := s.changes(ctx, behind, most)
	return changes, wrap(err, cannotRead)
}

func (s *Search) changes(ctx context.Context, behind int64, most int) ([]rules.JournalChange, error) {
	rows, err := s.journal.QueryContext(ctx, `SELECT n, seq, kind, time,
		COALESCE((SELECT octet_length(command) + octet_length(outcome) + octet_length(reply) FROM commands c WHERE c.seq = e.seq), 0)
		FROM events e WHERE n > ? AND kind <> 'received' ORDER BY n LIMIT ?`, behind, most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var changes []rules.JournalChange
	var numbers []int64
	for room := int64(changesBytes); room > 0 && rows.Next(); {
		var c rules.JournalChange
		var at, size int64
		if err := rows.Scan(&c.Event, &c.Entry.Seq, &c.Kind, &at, &size); err != nil {
			return nil, err
		}
		room -= size
		c.Time = time.UnixMilli(at).UTC()
		changes, numbers = append(changes, c), append(numbers, c.Entry.Seq)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	entries, err := s.entries(ctx, numbers)
	if err != nil {
		return nil, err
	}
	bySeq := map[int64]rules.JournalEntry{}
	for _, e := range entries {
		bySeq[e.Seq] = e
	}
	for i := range changes {
		changes[i].Entry = bySeq[changes[i].Entry.Seq]
	}
	return changes, nil
}
