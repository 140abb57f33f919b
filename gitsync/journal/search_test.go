package journal

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// made returns an entry of a busy journal: thirty people in twelve channels, a few thousand rules, reasons in two languages.
func made(r *rand.Rand, i int) rules.Record {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	name := fmt.Sprintf("%s-%s-%d", pick("sshd", "nginx", "disk", "ceph", "mysql", "router"), pick("ban", "5xx", "full", "down", "slow"), r.IntN(100))
	person := r.IntN(30)
	var record rules.Record
	q := &record.Request
	*q = rules.Request{
		ID: fmt.Sprintf("r%025d", i), Time: arrived.Add(time.Duration(i)*time.Minute - time.Duration(r.IntN(20)/19*r.IntN(600))*time.Second),
		Actor: rules.Person{ID: fmt.Sprint("u", person), Name: fmt.Sprint("person", person)},
		Team:  rules.Place{ID: "t", Name: "team"}, Channel: rules.Place{ID: fmt.Sprint("c", person%12), Name: fmt.Sprint("channel", person%12)}, Entry: "chat",
	}
	record.Action = pick("add", "add", "add", "list", "list", "show", "delete", "edit", "history")
	q.Command = record.Action + " " + name
	switch record.Action {
	case "add":
		q.Command += fmt.Sprintf(` job=amane_%s_log %q %dm severity=%s`, pick("fail2ban", "nginx", "auth"), pick("Ban", "error", "timeout", "失敗"), r.IntN(60), pick("critical", "warning"))
	case "list", "history":
		q.Command = record.Action
	}
	q.Command += pick("", ` reason="障害対応のため"`, ` reason="too noisy at night"`, ` reason="ディスク使用率の監視を追加"`, fmt.Sprintf(` reason="ticket OPS-%d"`, r.IntN(5000)))
	if r.IntN(100) == 0 {
		return record // it never ended
	}
	record.Done = q.Time.Add(time.Second)
	o := &record.Outcome
	o.Result = rules.Success
	switch {
	case r.IntN(12) == 0:
		o.Result, o.Err = rules.ValidationError, &rules.Error{Kind: rules.NotFound, Text: "There is no rule " + name, Offset: -1}
	case r.IntN(50) == 0:
		o.Result, o.Err = rules.DeniedResult, &rules.Error{Kind: rules.Denied, Text: "You may not do this here.", Offset: -1}
	case slices.Contains([]string{"add", "delete", "edit"}, record.Action):
		o.Ruler = pick("prometheus", "prometheus", "loki")
		o.Refs = []rules.Ref{{Ruler: o.Ruler, Path: "ops/" + name + ".yaml", Group: name, Name: name, Nth: 1}}
		o.State, o.Revision = pick2(r), fmt.Sprintf("%040x", i)
	}
	record.Reply = "**" + name + "** " + strings.ToLower(string(o.Result)) + " " + string(o.State)
	return record
}

func pick2(r *rand.Rand) rules.State {
	if r.IntN(40) == 0 {
		return []rules.State{rules.Pending, rules.NotLoaded, rules.Reverted}[r.IntN(3)]
	}
	return rules.Live
}

// fill writes so many entries past the functions that force each one to the disk.
func fill(t testing.TB, path string, n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	r := rand.New(rand.NewPCG(1, 2)) // the same journal each time
	for i := 0; i < n; {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2000 {
			if i++; i > n {
				break
			}
			put(t, tx, made(r, i))
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func put(t testing.TB, tx *sql.Tx, record rules.Record) {
	t.Helper()
	q, o := record.Request, record.Outcome
	result, err := tx.ExecContext(t.Context(), `INSERT INTO commands (request_id, received, actor_id, actor_name, actor_email, team_id, team_name,
		channel_id, channel_name, entry, remote, command) VALUES (?, ?, ?, ?, '', ?, ?, ?, ?, ?, '', ?)`,
		q.ID, q.Time.UnixMilli(), q.Actor.ID, q.Actor.Name, q.Team.ID, q.Team.Name, q.Channel.ID, q.Channel.Name, q.Entry, q.Command)
	if err != nil {
		t.Fatal(err)
	}
	if record.Done.IsZero() {
		return
	}
	encoded, err := encodeOutcome(o)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := result.LastInsertId()
	if err == nil {
		_, err = tx.ExecContext(t.Context(), `UPDATE commands SET action = ?, result = ?, state = ?, ruler = ?, revision = ?, outcome = ?, reply = ?, done = ? WHERE seq = ?`,
			record.Action, o.Result, o.State, o.Ruler, o.Revision, string(encoded), record.Reply, record.Done.UnixMilli(), seq)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// question returns a filter that somebody could ask, of so many conditions at random, and what is asked for in it.
func question(r *rand.Rand, newest time.Time) rules.JournalQuery {
	q := rules.JournalQuery{Limit: 20}
	for range 1 + r.IntN(4) {
		switch r.IntN(10) {
		case 0:
			q.By = fmt.Sprint("Person", r.IntN(31))
		case 1:
			q.Rule = fmt.Sprintf("disk-full-%d", r.IntN(101))
		case 2:
			q.Actions = [][]string{{"add"}, {"delete"}, {"list", "history"}, {"history"}}[r.IntN(4)]
			q.Changed = []string{"", "", rules.Yes, rules.No}[r.IntN(4)]
		case 3:
			q.Results = [][]string{{"FAILED"}, {"DENIED"}, {"VALIDATION_ERROR", "DENIED", "REVERTED"}, {"LIVE"}, {"OPEN"}, {"PENDING", "NOT_LOADED"}}[r.IntN(6)]
		case 4:
			q.Channel = fmt.Sprint("channel", r.IntN(12))
		case 5:
			q.Ruler = []string{"loki", "prometheus", "mimir"}[r.IntN(3)]
		case 6:
			q.Since = newest.Add(-time.Duration(r.IntN(40*24)) * time.Hour)
		case 7:
			q.Until = newest.Add(-time.Duration(r.IntN(40*24)) * time.Hour)
		default:
			words := []string{"障害", "fail2ban", "noisy", "使用率", "OPS-" + strconv.Itoa(r.IntN(5000)), "no rule", "severity=critical", "監", "5m", "失", "nginx-slow", "いません", "x"}
			q.Words = append(q.Words, words[r.IntN(len(words))])
		}
	}
	return q
}

func openSearch(t testing.TB, db *DB) *Search {
	t.Helper()
	s, err := db.Search(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestFindAnswersAsMatchesSays asks at random, with an index that is new, behind and away, page by page.
func TestFindAnswersAsMatchesSays(t *testing.T) { //nolint:tparallel // one part after the other changes the index
	t.Parallel()
	const n = 1500
	path := filepath.Join(t.TempDir(), "journal.db")
	db := openAt(t, path)
	fill(t, path, n)
	s := openSearch(t, db)
	all, err := readEntries(t.Context(), db.reader, "ORDER BY seq DESC")
	if err != nil || len(all) != n {
		t.Fatal(len(all), err)
	}
	newest := all[0].Record.Request.Time
	r := rand.New(rand.NewPCG(3, 4)) // the same questions each time
	found := 0
	ask := func(t *testing.T, s *Search, questions int) {
		t.Helper()
		for range questions {
			q := question(r, newest)
			var want, got []int64
			for _, e := range all {
				if q.Matches(e) {
					want = append(want, e.Seq)
				}
			}
			for more := true; more; {
				page, err := s.Find(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Entries {
					got = append(got, e.Seq)
				}
				if more = page.More; more {
					q.Before = got[len(got)-1]
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%+v found %d entries, want %d:\n%v\n%v", q, len(got), len(want), got, want)
			}
			found += len(want)
		}
	}
	t.Run("nothing is indexed", func(t *testing.T) { ask(t, s, 10) })
	state, err := s.index.state(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // half of it
		if _, _, err := s.updateOnce(t.Context(), state); err != nil {
			t.Fatal(err)
		}
		if state, err = s.index.state(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("half is indexed", func(t *testing.T) { ask(t, s, 40) })
	if err := s.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("all is indexed", func(t *testing.T) { ask(t, s, 120) })
	t.Run("read beside it", func(t *testing.T) {
		beside, err := OpenSearch(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer beside.Close()
		if beside.index == nil {
			t.Error("it does not use the index")
		}
		ask(t, beside, 20)
	})
	t.Run("without the index", func(t *testing.T) { ask(t, &Search{journal: db.reader}, 20) })
	if found < 500 {
		t.Errorf("all questions together found %d entries: they ask for nothing", found)
	}
}

// TestFindSeesChangesAtOnce holds that an entry is found by what it is now, whatever the index says.
func TestFindSeesChangesAtOnce(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := openSearch(t, db)
	find := func(q rules.JournalQuery) int {
		t.Helper()
		page, err := s.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return len(page.Entries)
	}
	open, pending, live := rules.JournalQuery{Results: []string{"OPEN"}}, rules.JournalQuery{Results: []string{"PENDING"}}, rules.JournalQuery{Results: []string{"LIVE"}, Words: []string{"added"}}
	check := func(when string, wantOpen, wantPending, wantLive int) {
		t.Helper()
		for range 2 {
			if o, p, l := find(open), find(pending), find(live); o != wantOpen || p != wantPending || l != wantLive {
				t.Errorf("%s: open %d, pending %d, live %d; want %d, %d, %d", when, o, p, l, wantOpen, wantPending, wantLive)
			}
			if err := s.Update(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := db.Receive(t.Context(), request("r1", "")); err != nil {
		t.Fatal(err)
	}
	check("received", 1, 0, 0)
	record := finished(request("r1", ""), rules.Pending)
	if err := db.Finish(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	check("finished", 0, 1, 0)
	record.Outcome.State = rules.Live
	if err := db.SetOutcome(t.Context(), "r1", record.Outcome); err != nil {
		t.Fatal(err)
	}
	check("live", 0, 0, 1)

	changes, err := s.Changes(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, c := range changes {
		kinds = append(kinds, fmt.Sprint(c.Event, c.Kind, c.Entry.Record.Outcome.State))
	}
	if diff := cmp.Diff([]string{"2finishedLIVE", "3outcomeLIVE"}, kinds); diff != "" {
		t.Errorf("Changes (-want +got):\n%s", diff)
	}
	if head, err := s.Head(t.Context()); head != 3 || err != nil {
		t.Errorf("Head = %d, %v", head, err)
	}
}

// TestChangesAreReadInPieces holds that whoever follows the journal is given no more at once than has room, and all of it in the end.
func TestChangesAreReadInPieces(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := openSearch(t, db)
	const n = 12
	for i := range n {
		r := request(fmt.Sprint("r", i), "")
		if i%2 == 0 {
			r.Command = strings.Repeat("監", changesBytes/9)
		}
		if _, err := db.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(t.Context(), finished(r, rules.Live)); err != nil {
			t.Fatal(err)
		}
	}
	var behind int64
	var got []string
	for {
		changes, err := s.Changes(t.Context(), behind, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			break
		}
		long := 0
		for _, c := range changes {
			behind = c.Event
			got = append(got, c.Entry.Record.Request.ID)
			long += len(c.Entry.Record.Request.Command)
		}
		if long > 2*changesBytes {
			t.Errorf("%d bytes at once", long)
		}
	}
	var want []string
	for i := range n {
		want = append(want, fmt.Sprint("r", i))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLongWordsAreFound holds that a search has a bounded number of terms however long its words are, and still finds what they stand in.
func TestLongWordsAreFound(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := openSearch(t, db)
	text := strings.Repeat("ディスク使用率 of /var on web-1: ", 100)
	r := request("r1", "")
	r.Command = "add x reason=" + text
	if _, err := db.Receive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context()); err != nil {
		t.Fatal(err)
	}
	letters := []rune(text)
	for name, q := range map[string]rules.JournalQuery{
		"one word":   {Words: []string{string(letters[7:507])}},
		"many words": {Words: slices.Repeat([]string{string(letters[3:503]), string(letters[:2]), "r", "使"}, 5)},
	} {
		if terms := strings.Count(matchOf(q), " AND ") + 1; terms > maxGrams {
			t.Errorf("%s: %d terms", name, terms)
		}
		if page, err := s.Find(t.Context(), q); err != nil || len(page.Entries) != 1 {
			t.Errorf("%s: %d entries, %v", name, len(page.Entries), err)
		}
		q.Words[0] += "!"
		if page, err := s.Find(t.Context(), q); err != nil || len(page.Entries) != 0 {
			t.Errorf("%s that is not there: %d entries, %v", name, len(page.Entries), err)
		}
	}
}

// TestIndexIsMadeAnew holds that an index that is broken, of another journal or of another version is no obstacle.
func TestIndexIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, path string){
		"broken": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database\n", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"of another journal": func(t *testing.T, path string) { change(t, path, "UPDATE indexed SET journal = 'x'") },
		"of another version": func(t *testing.T, path string) { change(t, path, "PRAGMA user_version = 77") },
		"away":               func(_ *testing.T, path string) { _ = os.Remove(path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "journal.db")
			db := openAt(t, path)
			fill(t, path, 50)
			s, err := db.Search(t.Context())
			if err == nil {
				err = s.Update(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			spoil(t, indexPath(path))
			s = openSearch(t, db)
			if err := s.Update(t.Context()); err != nil {
				t.Fatal(err)
			}
			page, err := s.Find(t.Context(), rules.JournalQuery{Words: []string{"sshd"}, Limit: 1})
			if err != nil || len(page.Entries) != 1 {
				t.Errorf("Find = %v, %v", page, err)
			}
		})
	}
}

func change(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkFind asks filters at random of a journal of 20,000 entries, or as many as JOURNAL_ENTRIES says, and reports the 95th percentile.
func BenchmarkFind(b *testing.B) {
	n := 20_000
	if set, err := strconv.Atoi(os.Getenv("JOURNAL_ENTRIES")); err == nil {
		n = set
	}
	dir := os.Getenv("JOURNAL_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprintf("journal%d.db", n))
	_, there := os.Stat(path)
	db := openAt(b, path)
	if there != nil {
		fill(b, path, n)
	}
	s := openSearch(b, db)
	start := time.Now()
	if err := s.Update(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Logf("indexed in %v", time.Since(start))
	newest, err := readEntries(b.Context(), db.reader, "ORDER BY seq DESC LIMIT 1")
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6)) // the same questions each time
	var took []time.Duration
	slow := map[time.Duration]rules.JournalQuery{}
	for b.Loop() {
		q := question(r, newest[0].Record.Request.Time)
		start := time.Now()
		if _, err := s.Find(b.Context(), q); err != nil {
			b.Fatal(err)
		}
		t := time.Since(start)
		took = append(took, t)
		slow[t] = q
	}
	slices.Sort(took)
	at := func(p float64) time.Duration { return took[int(float64(len(took)-1)*p)] }
	b.ReportMetric(at(0.5).Seconds()*1000, "p50-ms")
	b.ReportMetric(at(0.95).Seconds()*1000, "p95-ms")
	b.ReportMetric(at(0.99).Seconds()*1000, "p99-ms")
	b.Logf("slowest: %v %+v", took[len(took)-1], slow[took[len(took)-1]])
}
