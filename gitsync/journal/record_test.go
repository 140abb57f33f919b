package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

var arrived = time.Date(2026, 11, 21, 3, 0, 0, 123e6, time.UTC)

func request(id, key string) rules.Request {
	return rules.Request{
		ID: id, Key: key, Time: arrived,
		Actor: rules.Person{ID: "u1", Name: "aiko", Email: "aiko@example.org"},
		Team:  rules.Place{ID: "t1", Name: "ops team"}, Channel: rules.Place{ID: "c1", Name: "ops"},
		Entry: "chat", Remote: "192.0.2.1:4711", Client: "curl", Host: "mon1", Version: "1.2.3", Zone: "Asia/Tokyo", Thread: "p1", Command: "add \x00 'x' \"y\"\n; DROP TABLE commands;--",
	}
}

func finished(r rules.Request, state rules.State) rules.Record {
	return rules.Record{
		Request: r, Action: "add", Reply: "added", InChannel: true, Done: arrived.Add(time.Second),
		Outcome: rules.Outcome{
			Result: rules.Success, Action: "add", Why: "it pages\ntoo late", Refs: []rules.Ref{{Ruler: "loki", Path: "ops/x.yaml", Group: "x", Name: "x", Nth: 1}},
			Diff: "+x\n", Fields: []rules.FieldChange{{Rule: "x", Field: "for", Was: "1m", Is: "5m"}}, Revision: "abc", Ruler: "loki", State: state, Reason: "not reachable", Took: 300 * time.Millisecond,
			Stages:    []rules.Stage{{Name: rules.StepCommitted, Took: 1234567}, {Name: rules.StepLive, Took: 1, Failed: true}},
			Templates: []rules.TemplateUse{{Name: "log-silence", Version: 2}},
			Findings:  []rules.Finding{{Check: "duplicate", Severity: rules.SeverityWarning, Ref: rules.Ref{Name: "x"}, Text: "twice"}},
			Accepted:  []rules.Acceptance{{Check: "promql-fragile", Until: arrived.Truncate(24 * time.Hour), Reason: "known"}},
		},
	}
}

func openAt(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func openNew(t testing.TB) *DB { return openAt(t, filepath.Join(t.TempDir(), "journal.db")) }

// must returns records, and fails the test on an error.
func must(t *testing.T) func([]rules.Record, error) []rules.Record {
	return func(records []rules.Record, err error) []rules.Record {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return records
	}
}

// recent returns the newest so many commands, the newest first.
func recent(t *testing.T, db *DB, n int) ([]rules.Record, error) {
	t.Helper()
	return db.read(t.Context(), "ORDER BY seq DESC LIMIT ?", n)
}

func TestRecordComesBackAsItWas(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a directory?", "jour%6eal#.db")
	db := openAt(t, path)
	first, second := request("r1", "k1"), request("r2", "")
	for _, r := range []rules.Request{first, second} {
		if prior, err := db.Receive(t.Context(), r); prior != nil || err != nil {
			t.Fatalf("Receive(%s) = %v, %v", r.ID, prior, err)
		}
	}
	if diff := cmp.Diff([]rules.Record{{Request: first}, {Request: second}}, must(t)(db.Interrupted(t.Context()))); diff != "" {
		t.Errorf("Interrupted after Receive (-want +got):\n%s", diff)
	}

	done := finished(first, rules.Pending)
	done.Outcome.Interrupted = true
	refused := rules.Record{
		Request: second, Action: "delete", Reply: "no", Done: arrived,
		Outcome: rules.Outcome{Result: rules.ValidationError, Err: fmt.Errorf("at the edge: %w",
			&rules.Error{Kind: rules.NotFound, Text: "no such rule", Offset: -1, Cause: errors.New("for the operator")})},
	}
	for _, r := range []rules.Record{done, refused} {
		if err := db.Finish(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = openAt(t, path)
	refused.Outcome.Err = &rules.Error{Kind: rules.NotFound, Text: "no such rule", Offset: -1}
	if diff := cmp.Diff([]rules.Record{refused, done}, must(t)(recent(t, db, 10))); diff != "" {
		t.Errorf("Recent after a restart (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]rules.Record{refused}, must(t)(recent(t, db, 1))); diff != "" {
		t.Errorf("Recent(1) (-want +got):\n%s", diff)
	}
	if got := must(t)(db.Interrupted(t.Context())); len(got) != 0 {
		t.Errorf("Interrupted after Finish = %v", got)
	}
	if diff := cmp.Diff([]rules.Record{done}, must(t)(db.Waiting(t.Context()))); diff != "" {
		t.Errorf("Waiting (-want +got):\n%s", diff)
	}

	live := done.Outcome
	live.State, live.Reason = rules.Live, ""
	if err := db.SetOutcome(t.Context(), "r1", live); err != nil {
		t.Fatal(err)
	}
	if got := must(t)(db.Waiting(t.Context())); len(got) != 0 {
		t.Errorf("Waiting after it is live = %v", got)
	}
	prior, err := db.Receive(t.Context(), request("r3", "k1"))
	if err != nil {
		t.Fatal(err)
	}
	done.Outcome = live
	if diff := cmp.Diff(&done, prior); diff != "" {
		t.Errorf("the same key again (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the journal's file has mode %v, %v; want 0600", info.Mode(), err)
	}
}

// TestDisplacedHoldsWhicheverCameFirst has a change displaced before its command ended: what the command saw of the ruler does not undo that, and all else that
// it says is kept.
func TestDisplacedHoldsWhicheverCameFirst(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_700_000_000_000)
	known := rules.Outcome{Result: rules.Success, Action: "edit", Ruler: "prometheus", Revision: "r1", State: rules.Displaced, Undone: "u1", Reason: "Later changes touched it", DisplacedAt: at}
	seen := rules.Outcome{Result: rules.Success, Action: "edit", Ruler: "prometheus", Revision: "r1", State: rules.Superseded, Reason: "overtaken", Diff: "-a\n+b\n", Took: time.Second}
	inPart := known
	inPart.Revision, inPart.Undone = "u1", "u1"
	said := known
	said.DisplacedAt, said.Diff = time.Time{}, "-a\n+b\n"
	failed := rules.Outcome{Result: rules.Failed, Err: &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: "broken"}}
	for name, tt := range map[string]struct{ first, last rules.Outcome }{
		"as a whole": {known, seen}, "in part": {inPart, seen}, "and the command knew": {known, said}, "not before": {rules.Outcome{}, seen}, "not at all": {rules.Outcome{}, failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openAt(t, filepath.Join(t.TempDir(), "journal.db"))
			if _, err := db.Receive(t.Context(), request("r1", "")); err != nil {
				t.Fatal(err)
			}
			want := tt.last
			if tt.first.State != "" {
				if err := db.SetOutcome(t.Context(), "r1", tt.first); err != nil {
					t.Fatal(err)
				}
				want = tt.last.DisplacedBy(tt.first)
				want.DisplacedAt = tt.first.DisplacedAt
				if tt.last.State == rules.Displaced {
					want = tt.last
				}
			}
			if err := db.Finish(t.Context(), rules.Record{Request: request("r1", ""), Action: "edit", Outcome: tt.last, Reply: "said", Done: at}); err != nil {
				t.Fatal(err)
			}
			found := must(t)(db.read(t.Context(), "WHERE state = ? AND revision = ?", string(want.State), want.Revision))
			if len(found) != 1 || found[0].Reply != "said" {
				t.Fatalf("by the state and the revision is found %+v", found)
			}
			if diff := cmp.Diff(want, found[0].Outcome); diff != "" {
				t.Errorf("it says (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSettledHoldsWhicheverCameFirst has a change come to rest before the end of its command is written down: the journal then says what it says where that comes
// after it. Of what somebody else committed, which may come again, the newest end holds.
func TestSettledHoldsWhicheverCameFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state, said rules.State
		revision    string // of the change that came to rest; it may have been planned again
		before      bool   // the command failed once before
		entry       string
		held        bool
	}{
		"live": {rules.Live, rules.Pending, "abc", false, "chat", true}, "paused": {rules.PausedState, rules.NotLoaded, "abc", false, "chat", true},
		"reverted": {rules.Reverted, rules.Pending, "abc", false, "chat", true}, "superseded": {rules.Superseded, rules.Pending, "abc", false, "chat", true},
		"planned again": {rules.Live, rules.Pending, "def", false, "chat", true}, "tried again": {rules.Live, rules.Pending, "abc", true, "service", true},
		"another change": {rules.Live, rules.Pending, "def", true, "service", false}, "came again": {rules.Live, rules.Pending, "abc", true, rules.EntryGit, false},
		"not at rest": {rules.NotLoaded, rules.Pending, "abc", false, "chat", false}, "the command knew": {rules.Superseded, rules.Live, "abc", false, "chat", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openNew(t)
			r := request("r1", "")
			r.Entry = tt.entry
			if _, err := db.Receive(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			if tt.before {
				failed := rules.Outcome{Result: rules.Failed, Err: &rules.Error{Kind: rules.Unavailable, Offset: -1, Text: "broken"}}
				if err := db.Finish(t.Context(), rules.Record{Request: r, Outcome: failed, Done: arrived}); err != nil {
					t.Fatal(err)
				}
			}
			end := finished(r, tt.said)
			rest := finished(r, tt.state).Outcome
			rest.Revision, rest.Reason, rest.Took = tt.revision, "", time.Minute
			if err := db.SetOutcome(t.Context(), "r1", rest); err != nil {
				t.Fatal(err)
			}
			want := end
			if err := db.Finish(t.Context(), end); err != nil {
				t.Fatal(err)
			}
			if tt.held {
				want.Outcome = rest
			}
			if diff := cmp.Diff([]rules.Record{want}, must(t)(db.read(t.Context(), "WHERE state = ? AND revision = ?", want.Outcome.State, want.Outcome.Revision))); diff != "" {
				t.Errorf("the journal says (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOneKeyIsRecordedOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	handles := []*DB{openAt(t, path), openAt(t, path)} // two, as across a restart
	var (
		wg     sync.WaitGroup
		priors [32]*rules.Record
		errs   [32]error
	)
	for i := range priors {
		wg.Go(func() { priors[i], errs[i] = handles[i%2].Receive(t.Context(), request(fmt.Sprint("r", i), "one")) })
	}
	wg.Wait()
	records := must(t)(recent(t, handles[0], 100))
	if len(records) != 1 {
		t.Fatalf("%d records of one key", len(records))
	}
	accepted := 0
	for i, prior := range priors {
		switch {
		case errs[i] != nil:
			t.Error(errs[i])
		case prior == nil:
			accepted++
		default:
			if diff := cmp.Diff(records[0], *prior); diff != "" {
				t.Errorf("prior (-want +got):\n%s", diff)
			}
		}
	}
	if accepted != 1 {
		t.Errorf("%d of %d were accepted, want 1", accepted, len(priors))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	unavailable := func(t *testing.T, err error, text string) {
		t.Helper()
		if err == nil || rules.KindOf(err) != rules.Unavailable || !strings.Contains(err.Error(), text) {
			t.Errorf("error = %v, want one of kind Unavailable with %q", err, text)
		}
		if e, ok := errors.AsType[*rules.Error](err); !ok || e.Cause == nil {
			t.Errorf("error %v tells no cause", err)
		}
	}
	t.Run("the disk is full", func(t *testing.T) {
		t.Parallel()
		db := openNew(t)
		var pages int
		if err := db.sql.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&pages); err != nil {
			t.Fatal(err)
		}
		if _, err := db.sql.ExecContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count = %d", pages+2)); err != nil {
			t.Fatal(err)
		}
		big := request("big", "")
		big.Command = strings.Repeat("x", 100_000)
		_, err := db.Receive(t.Context(), big)
		unavailable(t, err, notAccepted+": the disk is full")
		if got := must(t)(recent(t, db, 10)); len(got) != 0 {
			t.Errorf("a refused command was recorded: %v", got)
		}
		if _, err := db.Receive(t.Context(), request("small", "")); err != nil {
			t.Errorf("a smaller command after it: %v", err)
		}
	})
	t.Run("somebody holds the database", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "journal.db")
		db, err := open(t.Context(), path, 20*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		other := openAt(t, path)
		tx, err := other.sql.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Receive(t.Context(), request("r1", ""))
		unavailable(t, err, notAccepted)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Receive(t.Context(), request("r1", "")); err != nil {
			t.Errorf("after it was let go: %v", err)
		}
	})
	t.Run("the database is read-only", func(t *testing.T) {
		t.Parallel()
		db := openNew(t)
		if _, err := db.sql.ExecContext(t.Context(), "PRAGMA query_only = 1"); err != nil {
			t.Fatal(err)
		}
		_, err := db.Receive(t.Context(), request("r1", ""))
		unavailable(t, err, notAccepted)
	})
	t.Run("somebody removed or replaced it", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "journal.db")
		db := openAt(t, path)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		_, err := db.Receive(t.Context(), request("r1", ""))
		unavailable(t, err, notAccepted)
		unavailable(t, db.Writable(t.Context()), "cannot be written")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = db.Receive(t.Context(), request("r2", ""))
		unavailable(t, err, notAccepted)
	})
	t.Run("nothing is wrong with it", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "journal.db")
		db := openAt(t, path)
		before, err := dump(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for range 3000 { // several times as much as the log has before it begins anew
			if err := db.Writable(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for suffix, most := range map[string]int64{"": 1 << 20, "-wal": 5 << 20} {
			if file, err := os.Stat(path + suffix); err != nil || file.Size() > most {
				t.Errorf("asking whether it can be written makes it grow: %+v, %v", file, err)
			}
		}
		if after, err := dump(t.Context(), path); err != nil || after != before {
			t.Errorf("asking whether it can be written is an entry: %s, %v", after, err)
		}
	})
	t.Run("the path is a directory", func(t *testing.T) {
		t.Parallel()
		_, err := Open(t.Context(), t.TempDir())
		unavailable(t, err, "cannot be opened")
	})
	t.Run("the file is something else", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "journal.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("no database at all\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), path)
		unavailable(t, err, "cannot be opened")
	})
	t.Run("a newer schema", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "journal.db")
		db := openAt(t, path)
		if _, err := db.sql.ExecContext(t.Context(), "PRAGMA user_version = 1000"); err != nil {
			t.Fatal(err)
		}
		db.Close()
		_, err := Open(t.Context(), path)
		unavailable(t, err, "newer Alertsmith")
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		db := openNew(t)
		db.Close()
		_, err := db.Receive(t.Context(), request("r1", ""))
		unavailable(t, err, notAccepted)
		_, err = recent(t, db, 1)
		unavailable(t, err, "cannot be read")
	})
	t.Run("the context has ended", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := openNew(t).Receive(ctx, request("r1", ""))
		unavailable(t, err, notAccepted)
	})
	t.Run("a request that was never received", func(t *testing.T) {
		t.Parallel()
		db := openNew(t)
		unavailable(t, db.Finish(t.Context(), finished(request("r1", ""), rules.Live)), "never received")
		unavailable(t, db.SetOutcome(t.Context(), "r1", rules.Outcome{}), "never received")
	})
	t.Run("an id twice", func(t *testing.T) {
		t.Parallel()
		db := openNew(t)
		if _, err := db.Receive(t.Context(), request("r1", "")); err != nil {
			t.Fatal(err)
		}
		_, err := db.Receive(t.Context(), request("r1", ""))
		unavailable(t, err, notAccepted)
	})
	t.Run("an end without a time", func(t *testing.T) {
		t.Parallel()
		unavailable(t, openNew(t).Finish(t.Context(), rules.Record{}), "no time of its end")
	})
}

// TestDurability asserts what the promises rest on: a write-ahead log that is fsynced at every commit.
func TestDurability(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000", "user_version": fmt.Sprint(len(migrations))} {
		var got string
		if err := db.sql.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, %v; want %q", pragma, got, err, want)
		}
	}
}

// TestReadsUseIndexes holds that looking for what is unfinished does not read the whole journal.
func TestReadsUseIndexes(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	for where, index := range map[string]string{
		"WHERE done IS NULL ORDER BY seq":                                            "commands_interrupted",
		"WHERE done IS NOT NULL AND state IN ('PENDING', 'NOT_LOADED') ORDER BY seq": "commands_waiting",
		"WHERE request_key = 'k'":                                                    "sqlite_autoindex_commands_2",
	} {
		var (
			a, b, c sql.NullInt64
			detail  string
		)
		if err := db.sql.QueryRowContext(t.Context(), "EXPLAIN QUERY PLAN SELECT reply FROM commands "+where).Scan(&a, &b, &c, &detail); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(detail, index) {
			t.Errorf("%s: %s; want the index %s", where, detail, index)
		}
	}
}

func BenchmarkReceive(b *testing.B) {
	db := openNew(b)
	for i := 0; b.Loop(); i++ {
		if _, err := db.Receive(b.Context(), request(fmt.Sprint("r", i), fmt.Sprint("k", i))); err != nil {
			b.Fatal(err)
		}
	}
}
