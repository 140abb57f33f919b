package journal

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// flips is how many bytes a test flips; many more with JOURNAL_FLIPS=all.
func flips(few int) int {
	if os.Getenv("JOURNAL_FLIPS") == "all" {
		return 50 * few
	}
	return few
}

// flipper returns the chance by which a test flips: the same each time, as the test counts what is found; with JOURNAL_FLIPS=all another one each time.
func flipper(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if os.Getenv("JOURNAL_FLIPS") == "all" {
		seed = rand.Uint64()
	}
	t.Logf("the seed is %d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// closedQueue returns the path of a journal that nobody has open, with much that sinks were not told yet.
func closedQueue(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	away, names := &ear{fails: func(rules.Telling) error { return fmt.Errorf("away: %s", strings.Repeat("long ", 30)) }}, []string{"chat", "mail", "hook"}
	var sinks []Sink
	for _, name := range names {
		sinks = append(sinks, away.sink(name, TellsEverything))
	}
	teller := newTeller(t, db, TellerOptions{Sinks: sinks, Rules: []NotifyRule{{Name: "many", Burst: &Burst{Count: 3, Within: 10_000 * time.Hour}, Sinks: names}}})
	fill(t, path, 150)
	for more := true; more; {
		if more, err = teller.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEveryByteOfTheQueueCounts flips bytes at random in the pages of what sinks are still to be told: each time Verify finds a flaw, or all rows read as
// before. What is found can be mended, and the rest of the queue is kept.
func TestEveryByteOfTheQueueCounts(t *testing.T) {
	t.Parallel()
	path := closedQueue(t)
	if _, flaw := verifyAt(t, path); flaw != nil {
		t.Fatalf("before: %+v", flaw)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := dump(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	all, chance := flips(300), flipper(t)
	for _, table := range []string{"telling", "bursts", "deliveries"} {
		pages := columnOf[int](t, path, "SELECT pageno FROM dbstat WHERE name = '"+table+"'")
		rows := 0
		for range all / 3 {
			work := filepath.Join(t.TempDir(), "flipped.db")
			flipped := slices.Clone(content)
			at := (pages[chance.IntN(len(pages))]-1)*4096 + chance.IntN(4096)
			if page := flipped[at&^4095:][:4096]; rows == 0 { // one that counts for sure: the last byte of a page is one of a row
				at = at&^4095 + len(page) - 9
			}
			flipped[at] ^= 1 << chance.IntN(8)
			if err := os.WriteFile(work, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			_, flaw := verifyAt(t, work)
			if flaw == nil {
				if got, err := dump(t.Context(), work); err != nil || got != want {
					t.Errorf("%s: the byte %d was flipped unseen, to %#x: %v", table, at, flipped[at], err)
				}
				continue
			}
			if !strings.Contains(flaw.Text, "a row of the table "+table) {
				continue // SQLite itself found it
			}
			if rows++; rows > 5 {
				continue
			}
			db, err := Open(t.Context(), work)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := db.MendQueue(t.Context()); n != 1 || err != nil {
				t.Errorf("%s: %d rows are mended, %v", table, n, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if _, flaw := verifyAt(t, work); flaw != nil {
				t.Errorf("%s: mended: %+v", table, flaw)
			}
		}
		if rows == 0 {
			t.Errorf("no flip in %s was found with its row", table)
		}
	}
}

// indexFlaw compares the index of a journal at a path with its entries, and asks some questions there; an error is a flaw as well.
func indexFlaw(t *testing.T, path string, questions []rules.JournalQuery) (flaw *Flaw, answers string) {
	t.Helper()
	s, err := OpenSearch(t.Context(), path)
	if err != nil {
		return &Flaw{Text: err.Error()}, ""
	}
	defer s.Close()
	if flaw, err = s.VerifyIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	return flaw, answersTo(t.Context(), s, questions)
}

func answersTo(ctx context.Context, s *Search, questions []rules.JournalQuery) string {
	var b strings.Builder
	for _, q := range questions {
		page, err := s.Find(ctx, q)
		for _, e := range page.Entries {
			fmt.Fprint(&b, e.Seq, " ")
		}
		fmt.Fprintln(&b, page.More, err)
	}
	return b.String()
}

// TestEveryByteOfTheSearchIndexCounts flips bytes at random in the index that searching uses: each time VerifyIndex finds a flaw, or everything is found as
// before. The entries are sound all the while.
func TestEveryByteOfTheSearchIndexCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	db, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, path, 80)
	s, err := db.Search(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 { // written by and by, some entries again
		if err := s.Update(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.sql.ExecContext(t.Context(), "UPDATE commands SET state = 'PENDING' WHERE seq % 7 = ?", i); err != nil {
			t.Fatal(err)
		}
	}
	var questions []rules.JournalQuery
	r := rand.New(rand.NewPCG(5, 6)) // the same questions each time
	for range 60 {
		questions = append(questions, question(r, made(r, 80).Request.Time))
	}
	want := answersTo(t.Context(), &Search{journal: db.reader}, questions)
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if flaw, got := indexFlaw(t, path, questions); flaw != nil || got != want {
		t.Fatalf("before: %+v, %s instead of %s", flaw, got, want)
	}
	content, err := os.ReadFile(indexPath(path))
	if err != nil {
		t.Fatal(err)
	}
	found, all, chance := 0, flips(60), flipper(t)
	for range all {
		at := chance.IntN(len(content))
		flipped := slices.Clone(content)
		flipped[at] ^= 1 << chance.IntN(8)
		if err := os.WriteFile(indexPath(path), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		flaw, got := indexFlaw(t, path, questions)
		switch {
		case flaw != nil && strings.Contains(flaw.Text, "journal-search.db") && flaw.Derived:
			found++
		case flaw != nil || got != want:
			t.Errorf("the byte %d (page %d) was flipped unseen, to %#x: %+v", at, at/4096+1, flipped[at], flaw)
		}
	}
	t.Logf("%d flips in %d pages: %d found", all, len(content)/4096, found)
	if found < all/4 {
		t.Errorf("only %d of %d flips were found", found, all)
	}
	if _, flaw := verifyAt(t, path); flaw != nil && !strings.Contains(flaw.Text, "journal-search.db") {
		t.Errorf("%+v", flaw)
	}
}
