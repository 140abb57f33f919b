package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", in Go

	"github.com/alertsmith/alertsmith/rules"
)

// maxReaders is how many questions about the history are answered at once.
const maxReaders = 4

// busyTimeout is how long to wait for another program that holds the database, such as a person's sqlite3.
const busyTimeout = 5 * time.Second

// DB is the journal's database. It is safe for concurrent use. Every method's failure is a *rules.Error of kind Unavailable.
type DB struct {
	sql     *sql.DB  // the one connection that writes
	writing writing  // what waits for it
	reader  *sql.DB  // connections that read the history, beside it
	asked   prepared // for them
	path    string
	file    os.FileInfo // the database as it was opened
}

// Open opens the journal at path, or makes it (readable by this user only), and brings its schema up to date. It refuses
// a journal that a newer version wrote.
func Open(ctx context.Context, path string) (*DB, error) {
	return open(ctx, path, busyTimeout)
}

func open(ctx context.Context, path string, busy time.Duration) (*DB, error) {
	db, err := connect(path, busy)
	if err != nil {
		return nil, unavailable(err, "the journal %s cannot be opened", path)
	}
	if err := migrate(ctx, db); err != nil {
		err = errors.Join(err, db.Close())
		if errors.Is(err, errNewer) {
			return nil, unavailable(err, "the journal %s was written by a newer Alertsmith: start that one, or choose another storage directory", path)
		}
		return nil, unavailable(err, "the journal %s cannot be opened", path)
	}
	if err := restoreHistory(ctx, db); err != nil {
		return nil, unavailable(errors.Join(err, db.Close()), "the journal %s cannot be opened", path)
	}
	// What a crash left unfinished in the write-ahead log is not to be taken for damage later. Without room the log stays: reading goes on, and
	// commands are refused until there is some.
	if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil && !isFull(err) {
		return nil, unavailable(errors.Join(err, db.Close()), "the journal %s cannot be opened", path)
	}
	file, err := os.Stat(path) //nolint:gosec // the operator says where it is
	if err != nil {
		return nil, unavailable(errors.Join(err, db.Close()), "the journal %s cannot be opened", path)
	}
	reader, err := connectReader(path, busy)
	if err != nil {
		return nil, unavailable(errors.Join(err, db.Close()), "the journal %s cannot be opened", path)
	}
	asked, err := prepare(ctx, reader)
	if err != nil {
		return nil, unavailable(errors.Join(err, reader.Close(), db.Close()), "the journal %s cannot be opened", path)
	}
	return &DB{sql: db, reader: reader, asked: asked, path: path, file: file}, nil
}

// inPlace returns an error when somebody has removed or replaced the database under us: what SQLite goes on writing then is lost.
func (d *DB) inPlace() error {
	now, err := os.Stat(d.path)
	if err == nil && !os.SameFile(now, d.file) {
		err = fmt.Errorf("%s is not the file that was opened; start the service again", d.path)
	}
	return err
}

// connect opens the one connection: what is recorded is recorded one after the other, with one fsync of the write-ahead log for all that waits.
func connect(path string, busy time.Duration) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // the operator says where it is
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the operator says where it is; SQLite itself would make it readable by everybody
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return openSQLite(path, 1, url.Values{
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
			"journal_mode(WAL)",
			"synchronous(FULL)",
		},
		"_txlock": {"immediate"},
	})
}

// connectReader opens connections that cannot write: in SQLite's WAL mode, who reads and who writes do not wait for each other.
func connectReader(path string, busy time.Duration) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return openSQLite(path, maxReaders, url.Values{
		"_pragma": {fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()), "query_only(1)"},
		"mode":    {"ro"},
	})
}

func openSQLite(path string, connections int, options url.Values) (*sql.DB, error) {
	if err := registerFunctions(); err != nil { // before the first connection is made
		return nil, err
	}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// Close closes the database; what was recorded is on the disk already.
func (d *DB) Close() error { return errors.Join(d.reader.Close(), d.sql.Close()) }

// unavailable returns the error of a fault that is ours or the world's.
func unavailable(cause error, format string, args ...any) error {
	return &rules.Error{Kind: rules.Unavailable, Text: fmt.Sprintf(format, args...), Offset: -1, Cause: cause}
}
