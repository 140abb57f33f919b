package journal

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TestWritersAndReaders has 16 writers record commands while 4 readers search and follow: nothing is lost, nothing comes twice or late, and the chain
// holds. Each writer records 12 commands; with JOURNAL_MINUTE set they write for a minute.
func TestWritersAndReaders(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	s := openSearch(t, db)
	each, until := 12, time.Time{}
	if os.Getenv("JOURNAL_MINUTE") != "" {
		each, until = 1<<30, time.Now().Add(time.Minute)
	}
	ctx, stop := context.WithCancel(t.Context())
	var readers, writers sync.WaitGroup
	for range 2 {
		readers.Go(func() { // who was told that a command is recorded finds it at once
			for ctx.Err() == nil {
				if _, err := s.Find(t.Context(), rules.JournalQuery{Words: []string{"writer"}, Limit: 5}); err != nil {
					t.Error(err)
				}
				if err := s.Update(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var written atomic.Int64
	followed := [2]map[string]int{{}, {}}
	for i := range followed {
		readers.Go(func() {
			for behind, last := int64(0), false; ; {
				changes, err := s.Changes(t.Context(), behind, 50)
				if err != nil {
					t.Error(err)
					return
				}
				for _, c := range changes {
					behind = c.Event
					followed[i][c.Entry.Record.Request.ID]++
				}
				if len(changes) == 0 && last {
					return
				}
				last = ctx.Err() != nil
				time.Sleep(time.Millisecond)
			}
		})
	}
	for w := range 16 {
		writers.Go(func() {
			for i := 0; i < each && (until.IsZero() || time.Now().Before(until)); i++ {
				r := request(fmt.Sprintf("w%d-%d", w, i), "")
				r.Command = fmt.Sprintf("add writer%dx%dx", w, i)
				if _, err := db.Receive(t.Context(), r); err != nil {
					t.Error(err)
					return
				}
				if err := db.Finish(t.Context(), finished(r, rules.Live)); err != nil {
					t.Error(err)
					return
				}
				page, err := s.Find(t.Context(), rules.JournalQuery{Words: []string{fmt.Sprintf("writer%dx%dx", w, i)}, Results: []string{"LIVE"}})
				if err != nil || len(page.Entries) != 1 {
					t.Errorf("writer %d finds its command %d %d times, %v", w, i, len(page.Entries), err)
				}
				written.Add(1)
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	for i, seen := range followed {
		if int64(len(seen)) != written.Load() {
			t.Errorf("the follower %d saw %d of %d commands", i, len(seen), written.Load())
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("the follower %d saw %s %d times", i, id, n)
			}
		}
	}
	v, flaw, err := s.Verify(t.Context(), nil, noStump)
	if err != nil || flaw != nil || v.Entries != written.Load() || v.Events != 2*written.Load() {
		t.Errorf("%+v, %+v, %v; %d were written", v, flaw, err, written.Load())
	}
}
