package journal

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// ear is a sink that notes what it is told, and does as it is told.
type ear struct {
	mu    sync.Mutex
	heard []rules.Telling
	fails func(t rules.Telling) error // nil: never
}

func (e *ear) send(_ context.Context, all []rules.Telling) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range all {
		if e.fails != nil {
			if err := e.fails(t); err != nil {
				return err
			}
		}
		e.heard = append(e.heard, t)
	}
	return nil
}

// texts returns what was told, each as its request, kind, result and state, and the rules that ask for it.
func (e *ear) texts() (texts []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, t := range e.heard {
		r := t.Change.Entry.Record
		text := strings.Join([]string{r.Request.ID, t.Change.Kind, string(r.Outcome.Result), string(r.Outcome.State)}, " ")
		if len(t.Rules) > 0 {
			text += " for " + strings.Join(t.Rules, ",")
		}
		words := []string{text}
		for _, b := range t.Burst {
			words = append(words, "+"+b.Record.Request.ID)
		}
		texts = append(texts, strings.Join(words, " "))
	}
	return texts
}

func (e *ear) sink(name string, tells Tells) Sink {
	return Sink{name: name, kind: "ear", tells: tells, batch: 10, giveUp: defaultGiveUp, send: e.send}
}

// newTeller returns a teller that tries again at once.
func newTeller(t testing.TB, db *DB, opts TellerOptions) *Teller {
	t.Helper()
	opts.Now, opts.Logger = time.Now, slog.New(slog.DiscardHandler)
	opts.FirstPause, opts.LastPause = time.Millisecond, 4*time.Millisecond
	teller, err := db.NewTeller(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return teller
}

// run runs a teller until done, and fails when that never comes true.
func run(t testing.TB, teller *Teller, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { teller.Run(ctx) })
	defer wg.Wait()
	defer cancel()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it never came to an end")
		}
	}
}

// queued returns how much is in all queues together.
func queued(t testing.TB, teller *Teller) (n int) {
	t.Helper()
	for _, s := range teller.Status(t.Context()) {
		n += s.Queued
	}
	return n
}

// command writes a command down that has ended.
func command(t testing.TB, db *DB, id, action string, o rules.Outcome) {
	t.Helper()
	r := request(id, "")
	if _, err := db.Receive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if o.Result == "" {
		o.Result = rules.Success
	}
	if err := db.Finish(t.Context(), rules.Record{Request: r, Action: action, Outcome: o, Done: arrived}); err != nil {
		t.Fatal(err)
	}
}

func TestSinksAreTold(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	command(t, db, "before", "add", rules.Outcome{Revision: "abc"}) // before there was anybody to tell
	var everything, changes, asked ear
	teller := newTeller(t, db, TellerOptions{
		Sinks: []Sink{everything.sink("everything", TellsEverything), changes.sink("changes", TellsChanges), asked.sink("asked", TellsNotifications)},
		Rules: []NotifyRule{
			{Name: "refusals", Filter: []string{"result=denied"}, Sinks: []string{"asked", "everything"}},
			{Name: "undone", Filter: []string{"result=reverted"}, Sinks: []string{"asked"}},
			{Name: "adds", Filter: []string{"action=add"}, Sinks: []string{"asked"}},
		},
	})
	command(t, db, "list", "list", rules.Outcome{})
	command(t, db, "no", "delete", rules.Outcome{Result: rules.DeniedResult, Err: &rules.Error{Kind: rules.Denied, Text: "no"}})
	command(t, db, "yes", "add", rules.Outcome{Revision: "def", State: rules.Pending})
	if err := db.SetOutcome(t.Context(), "yes", rules.Outcome{Result: rules.Success, Revision: "def", State: rules.Reverted}); err != nil {
		t.Fatal(err)
	}
	run(t, teller, func() bool {
		return len(everything.texts()) == 4 && len(changes.texts()) == 2 && len(asked.texts()) == 3 && queued(t, teller) == 0
	})
	for name, tc := range map[string]struct {
		ear  *ear
		want []string
	}{
		"everything": {&everything, []string{"list finished SUCCESS ", "no finished DENIED  for refusals", "yes finished SUCCESS PENDING", "yes outcome SUCCESS REVERTED"}},
		"changes":    {&changes, []string{"yes finished SUCCESS PENDING", "yes outcome SUCCESS REVERTED"}},
		// An add stays one when its change is undone: that is no news to the rule that asks for adds.
		"asked": {&asked, []string{"no finished DENIED  for refusals", "yes finished SUCCESS PENDING for adds", "yes outcome SUCCESS REVERTED for undone"}},
	} {
		if diff := cmp.Diff(tc.want, tc.ear.texts()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, s := range teller.Status(t.Context()) {
		if s.Trouble != "" {
			t.Errorf("%+v", s)
		}
	}
}

// TestNothingIsLostOverARestart ends the teller, and the journal with it, at every moment of a delivery.
func TestNothingIsLostOverARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.db")
	ids := map[string][]string{} // request → the ids that it was told with
	for _, when := range []string{"before it is queued", "after it is queued", "after it is told"} {
		var e ear
		e.fails = func(told rules.Telling) error {
			r := told.Change.Entry.Record.Request.ID
			ids[r] = append(ids[r], told.ID)
			if when == "after it is told" { // and before that is noted
				return errors.New("the answer was lost")
			}
			return nil
		}
		db, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		teller := newTeller(t, db, TellerOptions{Sinks: []Sink{e.sink("ear", TellsEverything)}})
		command(t, db, when, "add", rules.Outcome{Revision: "abc"})
		switch when {
		case "after it is queued":
			if _, err := teller.look(t.Context()); err != nil {
				t.Fatal(err)
			}
		case "after it is told":
			run(t, teller, func() bool { e.mu.Lock(); defer e.mu.Unlock(); return len(ids[when]) > 1 })
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	db := openAt(t, path)
	var e ear
	run(t, newTeller(t, db, TellerOptions{Sinks: []Sink{e.sink("ear", TellsEverything)}}), func() bool { return len(e.texts()) >= 1 })
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, told := range e.heard {
		r := told.Change.Entry.Record.Request.ID
		ids[r] = append(ids[r], told.ID)
	}
	if len(ids) != 3 {
		t.Errorf("told of %d commands, want 3: %v", len(ids), ids)
	}
	for when, all := range ids {
		if slices.Sort(all); len(slices.Compact(all)) != 1 {
			t.Errorf("%s: told with different ids: %q", when, all)
		}
	}
}

// TestOneThatCannotBeToldHoldsNothingUp holds that a sink which refuses one thing is told all others, and gives that one up in the end.
func TestOneThatCannotBeToldHoldsNothingUp(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	e := ear{fails: func(told rules.Telling) error {
		if told.Change.Entry.Record.Request.ID == "bad" {
			return errors.New("it answered 400")
		}
		return nil
	}}
	sink := e.sink("ear", TellsEverything)
	sink.giveUp = time.Millisecond
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{sink}})
	for _, id := range []string{"a", "bad", "b", "c"} {
		command(t, db, id, "add", rules.Outcome{Revision: "abc"})
	}
	want := rules.SinkStatus{Name: "ear", Kind: "ear", GivenUp: 1, Trouble: "it answered 400"}
	run(t, teller, func() bool { return cmp.Equal(teller.Status(t.Context()), []rules.SinkStatus{want}) })
	heard := map[string]bool{}
	for _, text := range e.texts() {
		heard[strings.Fields(text)[0]] = true
	}
	if diff := cmp.Diff(map[string]bool{"a": true, "b": true, "c": true}, heard); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestASinkThatHangsHoldsUpNobody holds that others are told meanwhile, that commands are recorded, and that the end of the service is not
// waited for.
func TestASinkThatHangsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var well ear
	hangs := Sink{name: "hangs", tells: TellsEverything, batch: 1, giveUp: defaultGiveUp, send: func(ctx context.Context, _ []rules.Telling) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{hangs, well.sink("well", TellsEverything)}})
	command(t, db, "a", "add", rules.Outcome{Revision: "abc"})
	run(t, teller, func() bool { return len(well.texts()) == 1 })
	if s := teller.Status(t.Context())[0]; s.Queued != 1 {
		t.Errorf("what was not told is not in the queue: %+v", s)
	}
}

func TestSinksThatAreGone(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	var e ear
	teller := newTeller(t, db, TellerOptions{Sinks: []Sink{e.sink("old", TellsEverything)}})
	command(t, db, "a", "add", rules.Outcome{Revision: "abc"})
	if _, err := teller.look(t.Context()); err != nil {
		t.Fatal(err)
	}
	newTeller(t, db, TellerOptions{}) // nobody is told: what happens meanwhile is not told later
	command(t, db, "b", "add", rules.Outcome{Revision: "abc"})
	teller = newTeller(t, db, TellerOptions{Sinks: []Sink{e.sink("old", TellsEverything)}})
	command(t, db, "c", "add", rules.Outcome{Revision: "abc"})
	run(t, teller, func() bool { return len(e.texts()) == 1 })
	if diff := cmp.Diff([]string{"c finished SUCCESS "}, e.texts()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRetryPauses(t *testing.T) {
	t.Parallel()
	w := &worker{Teller: &Teller{TellerOptions: TellerOptions{FirstPause: time.Second, LastPause: 10 * time.Minute}}}
	for failures, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 10: 10 * time.Minute, 1000: 10 * time.Minute} {
		if got := w.after(failures); got < want || got > want+want/8 {
			t.Errorf("after %d failures: %v, want %v and at most an eighth more", failures, got, want)
		}
	}
}

// TestRetryAfterIsObeyed holds that who asks to be left alone is, for an hour at most.
func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	w := &worker{Teller: &Teller{TellerOptions: TellerOptions{FirstPause: time.Second, LastPause: time.Minute}}}
	for asked, want := range map[time.Duration]time.Duration{5 * time.Minute: 5 * time.Minute, 100 * time.Hour: time.Hour} {
		pause, wait := w.pauses(0, 0, &later{asked, errors.New("it answered 429")})
		if pause != want || wait < want {
			t.Errorf("asked for %v: pause %v, wait %v", asked, pause, wait)
		}
	}
	if pause, wait := w.pauses(0, 0, errors.New("it answered 500")); pause >= 2*time.Second || wait <= pause {
		t.Errorf("pause %v, wait %v: what failed must wait longer than the sink, or it holds up what comes behind it", pause, wait)
	}
}
