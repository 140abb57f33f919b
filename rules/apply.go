package rules

import (
	"context"
	"log/slog"
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

// ApplierOptions are what an Applier is made of. Every field without a default is required.
type ApplierOptions struct {
	Store  Store
	Rulers []Ruler
	// Page returns the day's journal page with the entry at its end, and its path in the rulebook. It must be pure.
	Page func(tree Tree, entry PageEntry) (path string, content []byte, err error)
	// Anchor returns what a commit says of the journal, as its trailer Journal: a hash over all that is in it, so that what was refused can be proved
	// by Git as well. "" leaves the trailer out; nil for a journal that is no chain.
	Anchor func() string
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
	// Panicked hears of every panic that was contained, by what went on when it happened; the log has the rest. nil for nobody.
	Panicked func(job string)
	// Settled hears of every change that was reported as pending or not loaded and has come to rest: live, reverted or superseded; and of
	// every one, live before or not, that a commit in the rulebook says was displaced. Of those it is told what the commit tells, also when
	// another replica made it, and twice only when the service is killed before Good.
	Settled func(ctx context.Context, settled Waiting)
	// Own is called with every command that the service gives itself, before it is worked on. It calls do once, with the request as it is to be
	// made, or puts the command off for a while by not calling it; nil calls it.
	Own func(ctx context.Context, own OwnCommand, do func(context.Context, Request) Outcome)
	// LastAccepted returns the revision that Accepted was last told for a ruler, in this run of the service or an earlier one; "" for
	// none. It is what a ruler gets back when it refuses what came after.
	LastAccepted func(ruler string) (revision string)
	// Accepted hears of every revision that a ruler has taken as a whole. It may lose the last one in a crash.
	Accepted func(ruler, revision string)
	// LastGood returns the revision that Good was last told, in this run of the service or an earlier one; "" before the rulebook was
	// adopted. What is wrong with files there is known and holds nothing up.
	LastGood func() (revision string)
	// Good hears of the newest revision that is applied as a whole, now and then. It may lose the last one in a crash.
	Good func(revision string)
	// External hears of every push that somebody made without Alertsmith: when it was found bad, and when it was applied. It hears of a push
	// twice only when the service is killed between External and Told or Good.
	External func(ctx context.Context, push ExternalPush)
	// Ours reports whether a commit that says to be made for a request was made by this service, or another replica of it: whoever may push can
	// write such a message. nil believes the message.
	Ours func(ctx context.Context, c PastCommit) (bool, error)
	// LastTold and Told remember, as LastGood and Good do, the newest commit of a bad push that External was told of.
	LastTold func() (revision string)
	Told     func(revision string)
	// Snapshot is what Applier.Snapshot returned in an earlier run of this very program, unchanged: another version may judge otherwise. nil
	// when there is none. It saves the time that reading and checking the rule files takes.
	Snapshot []byte
	// Irregular returns what is below rulers' directories at a revision and is no file that can be read: symbolic links, submodules. nil
	// looks for none.
	Irregular func(ctx context.Context, revision string) ([]Problem, error)
	// Lint returns what is found in rules of the book after a change that was not found in them before, nor accepted there. It must be pure.
	// nil finds nothing.
	Lint func(before, after *Book, refs []Ref) []Finding
	// Examine asks a ruler, before the commit, what it has of what rules read. A person waits for it. nil asks nothing.
	Examine func(ctx context.Context, ruler string, entries []Entry) []Finding
	// EvaluationInterval asks a ruler how often it evaluates the groups that do not say it. nil for rulers that do not tell.
	EvaluationInterval func(ctx context.Context, ruler string) (time.Duration, error)
	Logger             *slog.Logger
}

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
	a := &Applier{ApplierOptions: opts, desks: map[string]*desk{}, ending: make(chan struct{}), outside: outside{displaced: map[string]bool{}}}
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

// deafen fills in what nobody wants to hear or know.
func (o *ApplierOptions) deafen() {
	none := func() string { return "" }
	if o.Anchor == nil {
		o.Anchor = none
	}
	if o.Step == nil {
		o.Step = func(string, string, time.Duration) {}
	}
	if o.Panicked == nil {
		o.Panicked = func(string) {}
	}
	if o.Settled == nil {
		o.Settled = func(context.Context, Waiting) {}
	}
	if o.Own == nil {
		o.Own = func(ctx context.Context, own OwnCommand, do func(context.Context, Request) Outcome) {
			do(ctx, own.Request)
		}
	}
	if o.LastAccepted == nil {
		o.LastAccepted = func(string) string { return "" }
	}
	if o.Accepted == nil {
		o.Accepted = func(string, string) {}
	}
	if o.LastGood == nil {
		o.LastGood = none
	}
	if o.Good == nil {
		o.Good = func(string) {}
	}
	if o.External == nil {
		o.External = func(context.Context, ExternalPush) {}
	}
	if o.Ours == nil {
		o.Ours = func(context.Context, PastCommit) (bool, error) { return true, nil }
	}
	if o.LastTold == nil {
		o.LastTold = none
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	if o.Irregular == nil {
		o.Irregular = func(context.Context, string) ([]Problem, error) { return nil, nil }
	}
	if o.Lint == nil {
		o.Lint = func(*Book, *Book, []Ref) []Finding { return nil }
	}
	if o.Examine == nil {
		o.Examine = func(context.Context, string, []Entry) []Finding { return nil }
	}
	if o.EvaluationInterval == nil {
		o.EvaluationInterval = func(context.Context, string) (time.Duration, error) {
			return 0, &Error{Kind: Unreachable, Offset: -1, Text: "it cannot be asked"}
		}
	}
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
		return f.change
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.LiveTimeout)
	defer cancel()
	out = a.seeThrough(ctx, d, f)
	out.Released = a.released(ctx, held, out)
	return out
}

// Book returns the newest rulebook, parsed and checked, as a person is to see it: of files that are held it has the rules that are live, and beside
// them what was pushed; see Entry.Held and Book.Branch.
func (a *Applier) Book(ctx context.Context) (*Book, error) {
	book, err := a.newest(ctx)
	if err != nil {
		return nil, err
	}
	_, shown := a.lendBoth(book)
	return shown, nil
}

// newest returns the newest rulebook as it is.
func (a *Applier) newest(ctx context.Context) (*Book, error) {
	tree, err := a.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	return a.bookAt(tree)
}

func (a *Applier) bookAt(tree Tree) (*Book, error) {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	if book := a.recently(tree.Revision()); book != nil {
		return book, nil
	}
	book, err := a.book.At(tree)
	if err != nil {
		return nil, &Error{Kind: Unavailable, Offset: -1, Text: "The rulebook cannot be read; nothing was changed.", Cause: err}
	}
	a.book, a.recent[a.oldest] = book, book
	a.oldest = (a.oldest + 1) % len(a.recent)
	return book, nil
}

// recently returns the book of a revision that was read lately; nil when it was not. The caller holds bookMu.
func (a *Applier) recently(revision string) *Book {
	for _, book := range a.recent {
		if book != nil && book.Revision() == revision {
			return book
		}
	}
	return nil
}

// lastBook returns the book that was asked for last: whoever reads another state takes over what the two have in common.
func (a *Applier) lastBook() *Book {
	a.bookMu.Lock()
	defer a.bookMu.Unlock()
	return a.book
}

// bookOf returns the rulebook at a commit, or the empty one for "".
func (a *Applier) bookOf(ctx context.Context, revision string) (*Book, error) {
	a.bookMu.Lock()
	known, recent := a.book, a.recently(revision)
	a.bookMu.Unlock()
	switch {
	case revision == "":
		return NewBook(known.Rulers()), nil
	case recent != nil:
		return recent, nil
	}
	tree, err := a.Store.At(ctx, revision)
	if err != nil {
		return nil, err
	}
	return known.At(tree)
}

// planned is what an intent would do to a book.
type planned struct {
	change        Change
	before, after *Book
	foretold      *Continuity
	findings      []Finding // warnings; see Applier.planAndLint
	examined      []Finding // see Applier.askAbout
	stages        []Stage   // how it came to be
}

// plan is steps 5 and 6: what the intent would write, the book as it will be then, and the whole planned tree of its ruler checked.
func plan(book *Book, intent Intent) (planned, error) {
	p, err := planOnly(book, intent)
	if err != nil {
		return planned{}, err
	}
	return p, p.after.Check(p.change.Ruler, book)
}

// planOnly is step 5.
func planOnly(book *Book, intent Intent) (planned, error) {
	change, err := intent.Plan(book)
	if err != nil {
		return planned{}, err
	}
	after := book.With(change.Files)
	for path, content := range change.Files {
		if _, read := after.content(path); content != nil && !read && !isPaused(path) {
			return planned{}, &Error{Kind: Unavailable, Offset: -1, Text: "Nothing was changed: the rule would stand in the file " + path + ", which no ruler reads."}
		}
	}
	if err := besidePaused(book, after, change); err != nil {
		return planned{}, err
	}
	return planned{change: change, before: book, after: after}, nil
}

func failed(out Outcome, err error) Outcome {
	out.Result, out.Err = ResultOf(err), err
	return out
}
