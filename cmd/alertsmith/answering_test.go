package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// TestSettledIsToldBehindTheAnswer has a change come to rest while the answer that it waits is still being written down: the channel hears the answer first, and of a
// change that the answer says to be displaced nothing more.
func TestSettledIsToldBehindTheAnswer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		state, said rules.State
		told        int32
	}{"live": {rules.Live, rules.Pending, 1}, "displaced": {rules.Displaced, rules.Superseded, 1}, "displaced, as the answer says": {rules.Displaced, rules.Displaced, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openJournal(t)
			request := rules.Request{ID: strings.Repeat("a", 26), Time: time.Now(), Entry: rules.EntryChat, Actor: rules.Person{ID: userID, Name: "ann"}, Channel: rules.Place{ID: channelID}, Command: "add q"}
			var told atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				told.Add(1)
				if record, err := db.Record(t.Context(), request.ID); err != nil || record.Done.IsZero() || record.Outcome.State != tt.state {
					t.Errorf("the journal says %+v, %v when the channel is told %s", record, err, body)
				}
				w.WriteHeader(http.StatusCreated)
			}))
			defer server.Close()
			chat, err := bot.NewMattermost(server.URL, func() string { return botToken }, nil, time.Now)
			if err != nil {
				t.Fatal(err)
			}
			f := &follower{journal: db, mattermost: chat, missed: &missed{}, logger: slog.New(slog.DiscardHandler)}
			j := steppedJournal{db, (&service{}).answered, "host", time.UTC, func(string, time.Duration) {}, &f.answering}
			if _, err := j.Receive(t.Context(), request); err != nil {
				t.Fatal(err)
			}
			out := rules.Outcome{Result: rules.Success, Action: "add", Ruler: "prometheus", Revision: "r1", State: tt.state}
			settled := make(chan struct{})
			go func() {
				defer close(settled)
				f.settled(t.Context(), rules.Waiting{Request: request, Outcome: out, Since: request.Time})
			}()
			await(t, "the journal says how it settled", func() bool {
				record, err := db.Record(t.Context(), request.ID)
				return err == nil && record.Outcome.State == tt.state
			})
			out.State = tt.said
			if err := j.Finish(t.Context(), rules.Record{Request: request, Action: "add", Outcome: out, Reply: "said", Done: time.Now()}); err != nil {
				t.Fatal(err)
			}
			<-settled
			if told := told.Load(); told != tt.told {
				t.Errorf("the channel was told %d times", told)
			}
		})
	}
}

// TestSettledWaitsForTheAnswer has a command wait long for its ruler: what its answer may tell is not told before, however long that is.
func TestSettledWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var a answering
		a.begin("r1")
		start, ended := time.Now(), make(chan time.Duration, 1)
		go func() {
			a.wait(t.Context(), "r1")
			ended <- time.Since(start)
		}()
		time.Sleep(time.Minute)
		a.end("r1")
		if waited := <-ended; waited != time.Minute {
			t.Errorf("it was waited for %s", waited)
		}
		if a.wait(t.Context(), "r1"); len(a.ends) != 0 {
			t.Errorf("what ended is kept: %v", a.ends)
		}
	})
}

// TestInterruptedWhenItHadSettled has the service killed when it was written down that a change is live, and not yet what its command had answered: the next start tells
// what the journal says, as nobody would tell it later.
func TestInterruptedWhenItHadSettled(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	book, err := gitsync.Open(t.Context(), gitsync.Options{Dir: filepath.Join(t.TempDir(), rulebookName), Committer: committer, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = book.Close() })
	request := rules.Request{ID: strings.Repeat("a", 26), Time: time.Now(), Entry: rules.EntryCLI, Actor: rules.Person{ID: "terminal-ann", Name: "ann"}, Command: "add X expr=up"}
	tree, err := book.Update(t.Context(), func(rules.Tree) (rules.Commit, error) {
		return rules.Commit{
			Author: request.Actor, When: request.Time, Subject: "add X", Files: map[string][]byte{"prometheus/x.yaml": []byte("groups: [{name: x, rules: [{alert: X, expr: up}]}]\n")},
			Trailers: []rules.Trailer{{Key: "Ruler", Value: "prometheus"}, {Key: "Action", Value: "add"}, {Key: "Request-Id", Value: request.ID}},
		}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{
		book: book, journal: openJournal(t), logger: logger, infos: []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}},
		applier: rules.NewApplier(rules.ApplierOptions{Store: book, Now: time.Now, Logger: logger}),
	}
	s.follower = &follower{journal: s.journal, missed: &s.missed, logger: logger}
	if _, err := s.journal.Receive(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	out := rules.Outcome{Result: rules.Success, Action: "add", Ruler: "prometheus", Revision: tree.Revision(), State: rules.Live, Took: time.Minute}
	s.follower.settled(t.Context(), rules.Waiting{Request: request, Outcome: out})
	if err := s.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if told := s.missedBy(t.Context(), "terminal-ann"); len(told) != 1 || told[0].Outcome.State != rules.Live || !told[0].Outcome.Interrupted {
		t.Errorf("its author is told %+v", told)
	}
	if waiting, err := s.journal.Waiting(t.Context()); err != nil || len(waiting) != 0 {
		t.Errorf("waiting are %+v, %v", waiting, err)
	}
}
