package journal

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TellerOptions are what a Teller is made of.
type TellerOptions struct {
	Sinks   []Sink
	Rules   []NotifyRule
	Actions map[string]string // what commands are called → their names; see rules.JournalAsker
	// Rebuilder is the program that writes entries of the past anew: that they ended is no news, and told to nobody. See rules.Request.Client.
	Rebuilder string
	Now       func() time.Time
	// FirstPause and LastPause bound how long is waited before something is tried again; 0: a second and ten minutes.
	FirstPause, LastPause time.Duration
	// Told hears of every attempt; nil for nobody.
	Told   func(sink string, err error)
	Logger *slog.Logger
}

// Teller tells sinks what is written to the journal. It reads the journal behind everybody's back: no sink can hold up or undo a command,
// however it fails. What a sink is to be told is in a queue in the journal before anybody tries, and leaves it when the sink has taken it; so each
// is told everything at least once, also when the service is killed in between.
type Teller struct {
	TellerOptions
	db        *DB
	notifiers []notifier
	behind    int64
	wake      map[string]chan struct{}
}

const (
	tellPause    = 250 * time.Millisecond // between two looks for what is new
	tellChunk    = 200
	tellTimeout  = 30 * time.Second
	rememberLost = 30 * 24 * time.Hour // how long the status tells what was given up

	leastAttempts = 10 // before something is given up, however old it is: the service may have been down
)

// NewTeller returns a teller, whose Run has to be started. Sinks hear what is written from their first start on; what sinks that are not among
// these were still to be told is dropped.
func (d *DB) NewTeller(ctx context.Context, opts TellerOptions) (*Teller, error) {
	if opts.FirstPause == 0 {
		opts.FirstPause = time.Second
	}
	if opts.LastPause == 0 {
		opts.LastPause = 10 * time.Minute
	}
	if opts.Told == nil {
		opts.Told = func(string, error) {}
	}
	t := &Teller{TellerOptions: opts, db: d, wake: map[string]chan struct{}{}}
	sinks, named := []string{}, []string{} // [] and not null in JSON
	for _, s := range opts.Sinks {
		sinks, t.wake[s.name] = append(sinks, s.name), make(chan struct{}, 1)
	}
	for _, r := range opts.Rules {
		n, err := newNotifier(r, opts.Actions)
		if err != nil {
			return nil, err
		}
		t.notifiers, named = append(t.notifiers, n), append(named, r.Name)
	}
	behind, dropped, err := d.beginTelling(ctx, sinks, named)
	if err != nil {
		return nil, unavailable(err, "the queue of the journal's sinks cannot be opened")
	}
	if t.behind = behind; dropped > 0 {
		opts.Logger.Warn("What sinks were to be told that are no longer configured was dropped", "id", "AS2401", "deliveries", dropped)
	}
	return t, nil
}

// Run tells until ctx ends. Without sinks it returns at once.
func (t *Teller) Run(ctx context.Context) {
	if len(t.Sinks) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for _, s := range t.Sinks {
		w := &worker{Teller: t, Sink: s, logger: t.Logger.With("sink", s.name)}
		wg.Go(func() { w.run(ctx) })
	}
	t.watch(ctx)
}

// watch puts what is new into the queues until ctx ends.
func (t *Teller) watch(ctx context.Context) {
	trouble := false
	for {
		more, err := t.look(ctx)
		if err != nil && ctx.Err() == nil && !trouble {
			t.Logger.Error("Sinks are not told what is new: the journal cannot be read or written; it is tried again", "id", "AS2402", "err", err)
		}
		trouble = err != nil
		if more {
			continue
		}
		select {
		case <-time.After(tellPause):
		case <-ctx.Done():
			return
		}
	}
}

// look puts the next changes into the queues, and reports whether there may be more.
func (t *Teller) look(ctx context.Context) (more bool, err error) {
	changes, err := t.db.writtenChanges(ctx, "e.n > ? ORDER BY e.n LIMIT ?", t.behind, tellChunk)
	if err != nil || len(changes) == 0 {
		return false, err
	}
	bySink, bursts, upTo := map[string][]delivery{}, map[string]burstState{}, t.behind
	for _, c := range changes {
		if upTo = c.Event; t.past(c) {
			continue
		}
		asked, burst, err := t.notified(ctx, c, bursts)
		if err != nil {
			return false, err
		}
		for _, s := range t.Sinks {
			if len(asked[s.name]) > 0 || s.wants(c.JournalChange) {
				bySink[s.name] = append(bySink[s.name], delivery{event: c.Event, rules: asked[s.name], burst: burst[s.name], queued: t.Now()})
			}
		}
	}
	if err := t.db.enqueue(ctx, upTo, bySink, bursts); err != nil {
		return false, err
	}
	t.behind = upTo
	for name := range bySink {
		select {
		case t.wake[name] <- struct{}{}:
		default:
		}
	}
	return len(changes) == tellChunk, nil
}

// past reports whether a change was written when it was long over.
func (t *Teller) past(c writtenChange) bool {
	return c.Kind == rules.JournalEnded && t.Rebuilder != "" && c.Entry.Record.Request.Client == t.Rebuilder
}

// notified returns, by sink, the notification rules that ask for a change, and the events of the bursts that it completes. bursts are those that
// changed since they were written.
func (t *Teller) notified(ctx context.Context, c writtenChange, bursts map[string]burstState) (asked map[string][]string, burst map[string][]int64, err error) {
	asked, burst = map[string][]string{}, map[string][]int64{}
	for _, n := range t.notifiers {
		if !n.fires(c) {
			continue
		}
		var events []int64
		if n.Burst != nil {
			state, known := bursts[n.Name]
			if !known {
				if state, err = t.db.burst(ctx, n.Name); err != nil {
					return nil, nil, err
				}
			}
			tell := state.add(*n.Burst, c.Event, c.Time)
			if bursts[n.Name] = state; !tell {
				continue
			}
			events = slices.Clone(state.Events)
		}
		for _, sink := range n.Sinks {
			asked[sink] = append(asked[sink], n.Name)
			burst[sink] = append(burst[sink], events...)
		}
	}
	for sink, events := range burst {
		slices.Sort(events)
		burst[sink] = slices.Compact(events)
	}
	return asked, burst, nil
}

// Status returns how the sinks stand.
func (t *Teller) Status(ctx context.Context) (all []rules.SinkStatus) {
	for _, s := range t.Sinks {
		status, err := t.db.queueStatus(ctx, s.name)
		if err != nil {
			status.Trouble = "its queue cannot be read"
		}
		status.Name, status.Kind = s.name, s.kind
		all = append(all, status)
	}
	return all
}

// tellings returns what deliveries tell.
func (d *DB) tellings(ctx context.Context, due []delivery) ([]rules.Telling, error) {
	id, err := journalID(ctx, d.reader)
	if err != nil {
		return nil, err
	}
	var wanted []delivery
	for _, v := range due {
		wanted = append(wanted, v)
		for _, event := range v.burst {
			wanted = append(wanted, delivery{event: event})
		}
	}
	changes, err := d.writtenChanges(ctx, "e.n IN (SELECT value FROM json_each(?)) ORDER BY e.n", eventsOf(wanted))
	if err != nil {
		return nil, err
	}
	byEvent := map[int64]rules.JournalChange{}
	for _, c := range changes {
		byEvent[c.Event] = c.JournalChange
	}
	var all []rules.Telling
	for _, v := range due {
		c, there := byEvent[v.event]
		if !there {
			continue
		}
		t := rules.Telling{ID: fmt.Sprintf("%s-%d", id, v.event), Change: c, Rules: v.rules}
		for _, event := range v.burst {
			if part, there := byEvent[event]; there {
				t.Burst = append(t.Burst, part.Entry)
			}
		}
		all = append(all, t)
	}
	return all, nil
}
