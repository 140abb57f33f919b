package journal

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// commits returns how many transactions are in the write-ahead log: frames that say how large the database is after them (SQLite's
// fileformat2, 4.1).
func commits(t *testing.T, path string) (n int) {
	t.Helper()
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const header, frame = 32, 24
	if len(log) < header {
		return 0
	}
	page := int(binary.BigEndian.Uint32(log[8:]))
	for at := header; at+frame+page <= len(log); at += frame + page {
		if binary.BigEndian.Uint32(log[at+4:]) != 0 {
			n++
		}
	}
	return n
}

// receiveTogether has requests received that wait while something else is written, and returns how that went.
func receiveTogether(t *testing.T, db *DB, requests []rules.Request) []error {
	t.Helper()
	errs := make([]error, len(requests))
	var received sync.WaitGroup
	db.writing.turn.Lock()
	for i, r := range requests {
		received.Go(func() { _, errs[i] = db.Receive(t.Context(), r) })
	}
	for waiting := 0; waiting < len(requests); time.Sleep(time.Millisecond) {
		db.writing.mu.Lock()
		waiting = len(db.writing.waiting)
		db.writing.mu.Unlock()
	}
	db.writing.turn.Unlock()
	received.Wait()
	return errs
}

func TestWhatWaitsIsWrittenTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	before := commits(t, path)
	var requests []rules.Request
	for i := range 20 {
		requests = append(requests, request(fmt.Sprint("r", i), ""))
	}
	for _, err := range receiveTogether(t, db, requests) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := commits(t, path) - before; got != 1 {
		t.Errorf("%d transactions, want 1", got)
	}
	if got := len(must(t)(recent(t, db, 100))); got != len(requests) {
		t.Errorf("%d of %d commands are recorded", got, len(requests))
	}
}

// TestOneThatFailsFailsAlone holds that who waits beside a command that cannot be recorded is not refused with it.
func TestOneThatFailsFailsAlone(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	if _, err := db.Receive(t.Context(), request("twice", "")); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := db.sql.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := db.sql.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+2)); err != nil {
		t.Fatal(err)
	}
	big := request("big", "")
	big.Command = strings.Repeat("x", 100_000)
	errs := receiveTogether(t, db, []rules.Request{request("a", ""), request("twice", ""), request("b", ""), big, request("c", "")})
	for i, fails := range []bool{false, true, false, true, false} {
		if (errs[i] != nil) != fails {
			t.Errorf("command %d: %v", i, errs[i])
		}
	}
	recorded := map[string]int{}
	for _, r := range must(t)(recent(t, db, 100)) {
		recorded[r.Request.ID]++
	}
	for _, id := range []string{"twice", "a", "b", "c"} {
		if recorded[id] != 1 {
			t.Errorf("%s is recorded %d times", id, recorded[id])
		}
		delete(recorded, id)
	}
	if len(recorded) > 0 {
		t.Errorf("refused commands were recorded: %v", recorded)
	}
}
