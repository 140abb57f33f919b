package rules

import (
	"context"
	"log/slog"
	"time"
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
	// another replica made it, and twice only when the service is killed before Good. Where that comes while Apply waits for the ruler, Apply returns it as well.
	// Those that were displaced together it hears of one after another, the oldest first, but for those of which Answering says that their commands are being worked on.
	Settled func(ctx context.Context, settled Waiting)
	// Answering reports whether the command of a request is being worked on, so that Settled may wait for its answer. nil: none is.
	Answering func(request string) bool
	// Own is called with every command that the service gives itself, before it is worked on. It calls do once, with the request as it is to be
	// made, or puts the command off for a while by not calling it; nil calls it.
	Own func(ctx context.Context, own OwnCommand, do func(context.Context, Request) Outcome)
	// OwnOfOld returns a commit of ours for a request that is so old that Store.FindRequest may not know of it any more; "" for none. An error puts off
	// what the service would do by itself. nil knows of none.
	OwnOfOld func(ctx context.Context, request string) (revision string, err error)
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
	// Replanned reports whether a commit was planned again on top of what the Git server has, so that another stands in its place or somebody was told that it
	// is left out. nil for a Store that does not plan again.
	Replanned func(revision string) bool
	// LastTold and Told remember, as LastGood and Good do, the newest commit of a bad push that External was told of.
	LastTold func() (revision string)
	Told     func(revision string)
	// LastSeen and Seen remember, as LastGood and Good do, the revision that was examined last while something is held; "" while nothing is.
	LastSeen func() (revision string)
	Seen     func(revision string)
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
	// ConfigRead asks a ruler when it last read its rule files without a mistake, by its own clock. nil for rulers that do not tell.
	ConfigRead func(ctx context.Context, ruler string) (time.Time, error)
	Logger     *slog.Logger
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
	if o.Answering == nil {
		o.Answering = func(string) bool { return false }
	}
	if o.OwnOfOld == nil {
		o.OwnOfOld = func(context.Context, string) (string, error) { return "", nil }
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
	if o.Replanned == nil {
		o.Replanned = func(string) bool { return false }
	}
	if o.LastTold == nil {
		o.LastTold = none
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	if o.LastSeen == nil {
		o.LastSeen = none
	}
	if o.Seen == nil {
		o.Seen = func(string) {}
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
	if o.ConfigRead == nil {
		o.ConfigRead = func(context.Context, string) (time.Time, error) {
			return time.Time{}, &Error{Kind: Unreachable, Offset: -1, Text: "it cannot be asked"}
		}
	}
}
