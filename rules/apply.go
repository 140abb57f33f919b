package rules

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The steps of the one path, as ApplierOptions.Step hears them when each is done.
const (
	StepPlanned   = "planned"   // planned and checked against the newest rulebook
	StepCommitted = "committed" // the point of no return
	StepPublished = "published" // what the ruler reads is what the rulebook says
	StepReloaded  = "reloaded"  // the ruler has read it
	StepLive      = "live"      // the ruler runs it and evaluated it
	StepPutBack   = "put back"  // the ruler refused it, and reads what it took last again
	StepUndone    = "undone"    // a second commit undid the change
)

// Applier walks the one path from an intent to a rule that is live, and keeps rulebook, live directories and rulers the same.
// It is safe for concurrent use.
type Applier struct {
	ApplierOptions
	desks     map[string]*desk
	canonical canonicalCache
	outside   outside
	time      timetable
	plans     atomic.Int64  // that were made in Store.Update, which makes them one after the other
	ending    chan struct{} // closed when Run ends: nobody waits for a ruler any more

	backgroundMu sync.Mutex
	background   sync.WaitGroup // what goes on behind the commands
	ended        bool           // nothing more is begun there

	bookMu sync.Mutex
	book   *Book     // the last one that was read; the next takes its parsed files over
	recent [32]*Book // the last ones: each of several changes that are committed together has one, which is asked for again
	oldest int       // of recent
}

// NewApplier returns an Applier; Run has to be started, once, for it to reconcile.
func NewApplier(opts ApplierOptions) *Applier {
	if opts.LiveTimeout == 0 {
		opts.LiveTimeout = 2 * time.Minute
	}
	if opts.PollInterval == 0 {
		opts.PollInterval = time.Second
	}
	if opts.ReconcileInterval == 0 {
		opts.ReconcileInterval = 3 * time.Minute
	}
	opts.deafen()
	a := &Applier{ApplierOptions: opts, desks: map[string]*desk{}, ending: make(chan struct{}), outside: outside{displaced: map[string]Waiting{}}}
	infos := make([]RulerInfo, 0, len(opts.Rulers))
	for _, ruler := range opts.Rulers {
		infos = append(infos, ruler.Info())
		a.desks[ruler.Info().Name] = newDesk(ruler)
	}
	a.book = NewBook(infos)
	if len(opts.Snapshot) > 0 {
		if err := a.book.read.recall(opts.Snapshot); err != nil {
			a.Logger.Warn("What was known of the rule files cannot be used; all are read and checked again", "id", "AS4008", "err", err)
		}
	}
	return a
}

// Apply walks the one path: plan, check, commit, publish, reload, live. It returns when the change is live or refused, or
// when the ruler does not come to it in time; then the change stands and is followed up in the background.
//
// Up to the commit nothing has happened, and the caller's context may end the command. From there on nothing hangs on it.
// Commands that are given at the same time are committed side by side and brought to their ruler together.
func (a *Applier) Apply(ctx context.Context, req Request, intent Intent) Outcome {
	out := Outcome{Action: intent.Action()}
	ctx = withRequestIDs(ctx, req.ID)

	// A first plan tells a mistake at once, and which ruler the change is for.
	start := a.Now()
	draft, err := a.firstPlan(ctx, intent)
	out.Stages = draft.stages
	if err != nil {
		return failed(out, a.sayHeld(ctx, err))
	}
	a.Step(StepPlanned, draft.change.Ruler, a.Now().Sub(start))

	d := a.desks[draft.change.Ruler]
	start = a.Now()
	draft.foretold, draft.examined = a.ask(ctx, d, intent, draft)
	draft.stages = append(draft.stages, a.stage(StageAsked, start, nil))
	start = a.Now()
	held := a.holds(ctx)
	f, err := a.depart(ctx, d, req, intent, draft)
	if err != nil {
		out.Stages = slices.Concat(draft.stages, []Stage{a.stage(StepCommitted, start, err)})
		return failed(out, a.sayHeld(ctx, err))
	}
	if f.change.State == PausedState {
		f.change.Released = a.released(ctx, held, f.change)
		return f.change
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.LiveTimeout)
	defer cancel()
	out = a.notKept(req.ID, a.seeThrough(ctx, d, f))
	out.Released = a.released(ctx, held, out)
	if undo, ok := intent.(Undo); ok {
		out.Staying = a.staying(ctx, undo, out)
	}
	return out
}

func failed(out Outcome, err error) Outcome {
	out.Result, out.Err = ResultOf(err), err
	return out
}
