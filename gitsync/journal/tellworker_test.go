package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/google/go-cmp/cmp"
)

// newWorker returns the worker of a sink that is told everything, over a journal that does not wait for who has locked it.
func newWorker(t *testing.T, e *ear) (w *worker, path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "journal.db")
	db, err := open(t.Context(), path, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	sink := e.sink("ear", TellsEverything)
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{sink}})
	return &worker{Teller: teller, Sink: sink, logger: slog.New(slog.DiscardHandler)}, path
}

// lock has somebody else hold the journal, so that it can be read and not written, until unlock.
func lock(t *testing.T, path string) (unlock func()) {
	t.Helper()
	other, err := connect(path, time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := errors.Join(tx.Rollback(), other.Close()); err != nil {
			t.Error(err)
		}
	}
}

// TestAJournalThatCannotBeWrittenFloodsNoSink holds that what a sink took is not told again because its queue cannot be written.
func TestAJournalThatCannotBeWrittenFloodsNoSink(t *testing.T) {
	t.Parallel()
	var e ear
	w, path := newWorker(t, &e)
	command(t, w.db, "a", "add", rules.Outcome{Revision: "abc"})
	if _, err := w.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	unlock := lock(t, path)
	for range 3 {
		if pause, told, err := w.step(t.Context()); err == nil || told || pause < w.FirstPause {
			t.Errorf("pause %v, told %v, %v: want an error and a pause", pause, told, err)
		}
	}
	unlock()
	if _, told, err := w.step(t.Context()); told || err != nil {
		t.Errorf("told %v, %v: want that there is nothing to tell", told, err)
	}
	if heard := e.texts(); len(heard) != 1 || queued(t, w.Teller) != 0 {
		t.Errorf("it was told %q, want it once; %d are in the queue, want none", heard, queued(t, w.Teller))
	}
}

// TestForgettingMayFail holds that a sink which has nothing to hear is no sink that fails.
func TestForgettingMayFail(t *testing.T) {
	t.Parallel()
	var e ear
	w, path := newWorker(t, &e)
	var log bytes.Buffer
	w.logger = slog.New(slog.NewTextHandler(&log, nil))
	unlock := lock(t, path)
	defer unlock()
	if _, told, err := w.step(t.Context()); told || err != nil || !strings.Contains(log.String(), "id=AS2406") {
		t.Errorf("told %v, %v; the log:\n%s", told, err, log.String())
	}
}

// TestTheLogOfASinkThatStaysDown holds that its log has one line when a sink goes away and one when it is back, however often it is tried.
func TestTheLogOfASinkThatStaysDown(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	var back atomic.Bool
	e := ear{fails: func(rules.Telling) error {
		if tries.Add(1); back.Load() {
			return nil
		}
		return errors.New("it answered 503")
	}}
	w, _ := newWorker(t, &e)
	var log bytes.Buffer
	w.Logger = slog.New(slog.NewTextHandler(&log, nil))
	command(t, w.db, "a", "add", rules.Outcome{Revision: "abc"})
	news := []string{"b", "c", "d"} // that somebody gives commands meanwhile is no sign that it is well
	run(t, w.Teller, func() bool {
		if n := int(tries.Load()); n >= 2 && len(news) > 0 {
			command(t, w.db, news[0], "add", rules.Outcome{Revision: "abc"})
			news = news[1:]
		}
		back.Store(tries.Load() >= 8)
		return len(e.texts()) == 4 && queued(t, w.Teller) == 0
	})
	if down, up := strings.Count(log.String(), "id=AS2403"), strings.Count(log.String(), "takes what it is told again"); down != 1 || up != 1 {
		t.Errorf("%d lines that it is down and %d that it is back, want one of each:\n%s", down, up, log.String())
	}
}

// TestAPanicBesideASink holds that a mistake outside of a sink ends neither the service nor the telling.
func TestAPanicBesideASink(t *testing.T) {
	t.Parallel()
	var e ear
	var attempts atomic.Int32
	w, _ := newWorker(t, &e)
	w.Told = func(string, error) {
		if attempts.Add(1) == 1 {
			panic("a mistake")
		}
	}
	command(t, w.db, "a", "add", rules.Outcome{Revision: "abc"})
	run(t, w.Teller, func() bool { return attempts.Load() == 2 && queued(t, w.Teller) == 0 })
}

// TestRebuiltEntriesAreNoNews holds that nobody is told the past, also while there is something to tell, and what comes after it.
func TestRebuiltEntriesAreNoNews(t *testing.T) {
	t.Parallel()
	var e ear
	w, _ := newWorker(t, &e)
	w.Rebuilder = "rebuild"
	command(t, w.db, "before", "add", rules.Outcome{Revision: "abc"})
	open, past := request("open", ""), request("past", "")
	if _, err := w.db.Receive(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	past.Client = "rebuild"
	if _, err := w.db.Add(t.Context(), []rules.Record{{Request: past, Action: "add", Outcome: rules.Outcome{Result: rules.Success, Revision: "abc"}, Done: arrived}}); err != nil {
		t.Fatal(err)
	}
	command(t, w.db, "after", "add", rules.Outcome{Revision: "abc"})
	run(t, w.Teller, func() bool { return len(e.texts()) == 2 && queued(t, w.Teller) == 0 })
	if diff := cmp.Diff([]string{"before finished SUCCESS ", "after finished SUCCESS "}, e.texts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWhatIsQueuedAlready holds that telling goes on after a commit that was there in spite of its error.
func TestWhatIsQueuedAlready(t *testing.T) {
	t.Parallel()
	var e ear
	w, _ := newWorker(t, &e)
	command(t, w.db, "a", "add", rules.Outcome{Revision: "abc"})
	behind := w.behind
	for range 2 {
		w.behind = behind // as after an error
		if _, err := w.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := queued(t, w.Teller); n != 1 {
		t.Errorf("%d are in the queue, want 1", n)
	}
}

// TestWhatASinkDoesNotTakeIsNoOutage has a webhook refuse many things in a row, each for itself: what stands behind them is told without the pauses that a
// server gets which is away.
func TestWhatASinkDoesNotTakeIsNoOutage(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	told := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(string(body), "poison") {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		close(told)
	}))
	t.Cleanup(server.Close)
	sink, err := OpenSink(SinkConfig{Name: "hook", Kind: "webhook", URL: server.URL, SecretFile: secretFile(t, "canary0123456789")}, SinkHost{})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	now := func() time.Time { return began } // what was refused is not due again meanwhile: on a slow machine it would be, before all have had their turn
	teller, err := db.NewTeller(t.Context(), TellerOptions{Sinks: []Sink{sink}, Now: now, Logger: slog.New(slog.DiscardHandler), FirstPause: time.Millisecond, LastPause: 100 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 { // 2^40 ms are some decades
		command(t, db, fmt.Sprint("poison", i), "add", rules.Outcome{Revision: "abc"})
	}
	command(t, db, "good", "add", rules.Outcome{Revision: "abc"})
	run(t, teller, func() bool {
		select {
		case <-told:
			return true
		default:
			return false
		}
	})
}

// TestWhatASinkDoesNotTakeIsLoggedAgain has a sink refuse something, take something else, and refuse again with the same words: the log has both.
func TestWhatASinkDoesNotTakeIsLoggedAgain(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var before, took, after atomic.Int32
	e := ear{fails: func(told rules.Telling) error {
		switch {
		case told.Change.Entry.Record.Request.ID == "good":
			took.Add(1)
			return nil
		case took.Load() == 0:
			before.Add(1)
		default:
			after.Add(1)
		}
		return &unfit{errors.New("it answered 422")}
	}}
	sink := e.sink("ear", TellsEverything)
	sink.batch = 1
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{sink}})
	var log bytes.Buffer
	teller.Logger = slog.New(slog.NewTextHandler(&log, nil))
	command(t, db, "poison", "add", rules.Outcome{Revision: "abc"})
	given := false
	run(t, teller, func() bool {
		if before.Load() >= 3 && !given {
			given = true
			command(t, db, "good", "add", rules.Outcome{Revision: "abc"})
		}
		return after.Load() >= 3
	})
	if refused, taken := strings.Count(log.String(), "id=AS2403"), strings.Count(log.String(), "takes what it is told again"); refused != 2 || taken != 1 {
		t.Errorf("%d lines that something is refused and %d that the sink takes something, want two and one:\n%s", refused, taken, log.String())
	}
}

// TestOneThatCannotBeToldWithOthers holds that those which were to be told together with one that a sink does not take are told at once, by themselves,
// and not put off with it.
func TestOneThatCannotBeToldWithOthers(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	tried := map[string]int{}
	e := ear{fails: func(rules.Telling) error { return nil }}
	sink := e.sink("ear", TellsEverything)
	sink.send = func(ctx context.Context, all []rules.Telling) error {
		poisoned := false
		for _, told := range all {
			id := told.Change.Entry.Record.Request.ID
			tried[id]++
			poisoned = poisoned || id == "poison"
		}
		if poisoned {
			return errors.New("it does not take that")
		}
		return e.send(ctx, all)
	}
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{sink}})
	for _, id := range []string{"a", "b", "poison", "c", "d", "e", "f"} {
		command(t, db, id, "add", rules.Outcome{Revision: "abc"})
	}
	if _, err := teller.look(t.Context()); err != nil { // all are in the queue before anything is told
		t.Fatal(err)
	}
	run(t, teller, func() bool { return len(e.texts()) == 6 })
	for id, n := range tried {
		if n > 2 && id != "poison" {
			t.Errorf("%s was tried %d times: once with the others, and once alone, are enough", id, n)
		}
	}
}
