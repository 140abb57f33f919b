package rules

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// The steps of the one path, as ApplierOptions.Step hears them when each is done.
const (
	StepPlanned   = "planned"   // planned and checked against the newest rulebook
	StepCommitted = "committed" // the point of no return
	StepPublished = "published" // what the ruler reads is what the rulebook says
	StepReloaded  = "reloaded"  // the ruler has read it
	StepLive      = "live"      // the ruler runs it and evaluated it
	StepPutBack   = "put back"  // the ruler refused it, and reads the old files again
	StepUndone    = "undone"    // a second commit undid the change
)

// ApplierOptions are what an Applier is made of. Every field without a default is required.
type ApplierOptions struct {
	Store  Store
	Rulers []Ruler
	// Page returns the day's journal page with the entry at its end, and its path in the rulebook. It must be pure.
	Page func(tree Tree, entry PageEntry) (path string, content []byte, err error)
	// Service is the author of commits that no person asked for.
	Service Person
	Now     func() time.Time
	// LiveTimeout bounds how long Apply waits for a change to be live before it calls it pending; it should exceed the longest
	// evaluation and poll interval of the rulers. Default 2 minutes.
	LiveTimeout time.Duration
	// PollInterval is the longest pause between two questions to a ruler while a change is waited for. Default 1 second.
	PollInterval time.Duration
	// ReconcileInterval is the time between two comparisons of rulebook, live directory and ruler when all is well. Default 3 minutes.
	ReconcileInterval time.Duration
	// Step hears of every finished step of the path; nil for nobody.
	Step func(step, ruler string, took time.Duration)
	// Settled hears of every change that was reported as pending or not loaded and has come to rest: live or reverted.
	Settled func(ctx context.Context, settled Waiting)
	Logger  *slog.Logger
}

// Applier walks the one path from an intent to a rule that is live, and keeps rulebook, live directories and rulers the same.
// It is safe for concurrent use.
type Applier struct {
	ApplierOptions
	desks     map[string]*desk
	canonical canonicalCache
	ending    chan struct{} // closed when Run ends: nobody waits for a ruler any more

	bookMu sync.Mutex
	book   *Book // the last one asked for; the next takes its parsed files over
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
	if opts.Step == nil {
		opts.Step = func(string, string, time.Duration) {}
	}
	if opts.Settled == nil {
		opts.Settled = func(context.Context, Waiting) {}
	}
	a := &Applier{ApplierOptions: opts, desks: map[string]*desk{}, ending: make(chan struct{})}
	infos := make([]RulerInfo, 0, len(opts.Rulers))
	for _, ruler := range opts.Rulers {
		infos = append(infos, ruler.Info())
		a.desks[ruler.Info().Name] = newDesk(ruler)
	}
	a.book = NewBook(infos)
	return a
}

// Apply walks the one path: plan, check, commit, publish, reload, live. It returns when the change is live or refused, or
// when the ruler does not come to it in time; then the change stands and is followed up in the background.
//
// Up to the commit nothing has happened; from there on the caller's context must not be cancelled by a peer that hangs up.
func (a *Applier) Apply(ctx context.Context, req Request, intent Intent) Outcome {
	out := Outcome{Action: intent.Action()}

	// A first plan tells a mistake at once, and which ruler the change is for.
	start := a.Now()
	book, err := a.Book(ctx)
	if err != nil {
		return failed(out, err)
	}
	draft, err := plan(book, intent)
	if err != nil {
		return failed(out, err)
	}
	a.Step(StepPlanned, draft.Ruler, a.Now().Sub(start))

	// From the commit until the ruler has read it, no other change of that ruler comes between: a refusal is this change's.
	desk := a.desks[draft.Ruler]
	desk.changing.Lock()
	commit, err := a.commit(ctx, req, intent, draft.Ruler)
	if err != nil {
		desk.changing.Unlock()
		return failed(out, err)
	}
	out.Result, out.Ruler, out.Revision = Success, draft.Ruler, commit.revision
	out.Refs, out.Diff = commit.change.Refs, commit.before.Diff(commit.change)
	seen := desk.evaluations(ctx, out.Refs)
	err = a.bring(ctx, desk, commit.after, commit.before)
	if err != nil && KindOf(err) == Refused {
		out = a.undo(ctx, desk, req, out, commit.before, err)
		desk.changing.Unlock()
		return out
	}
	desk.changing.Unlock()

	out = a.awaitLive(ctx, desk, out, err, seen)
	if out.State != Live {
		desk.wait(Waiting{Request: req, Outcome: out, Since: a.Now()})
	}
	return out
}

// Book returns the newest rulebook, parsed and checked.
func (a *Applier) Book(ctx context.Context) (*Book, error) {
	tree, err := a.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	return a.bookAt(tree)
}

func (a *Applier) bookAt(tree Tree) (*Book, error) {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	book, err := a.book.At(tree)
	if err != nil {
		return nil, &Error{Kind: Unavailable, Text: "The rulebook cannot be read; nothing was changed.", Cause: err}
	}
	a.book = book
	return book, nil
}

// plan is steps 5 and 6: what the intent would write, and the whole planned tree of its ruler checked.
func plan(book *Book, intent Intent) (Change, error) {
	change, err := intent.Plan(book)
	if err != nil {
		return Change{}, err
	}
	return change, book.With(change.Files).Check(change.Ruler, book)
}

func failed(out Outcome, err error) Outcome {
	out.Result, out.Err = ResultOf(err), err
	return out
}
