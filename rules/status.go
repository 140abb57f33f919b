package rules

import (
	"context"
	"slices"
	"time"
)

// Status is how everything stands, for `/alert status`, the metrics and readiness.
type Status struct {
	Err        error  // the rulebook cannot be read; nil when all is well
	Reconciled bool   // every ruler was compared with the rulebook at least once since the start
	Revision   string // the rulebook's head, full hash
	Rules      int
	Unwritable []string  // why every change would be refused now: what it is kept in cannot be written
	Problems   []Problem // of files in the rulebook that no ruler would take; they are not published
	Rulers     []RulerStatus
	Waiting    []Waiting // changes that are committed and not live
	Remote     RemoteStatus
	// Housekeeping is why the rulebook's objects are not packed, so that it goes on growing; nil when all is well.
	Housekeeping error
	// Shallow says that the rulebook is a shallow clone: its history begins later than the rules do.
	Shallow bool
	// Overdue is what the service should have done by itself and has not, the oldest first.
	Overdue []Overdue
	// Sinks are the places that are told what is written to the journal.
	Sinks []SinkStatus
	// Held is what somebody pushed and is not applied, as it would not be taken; nil when there is nothing.
	Held *HeldPush
}

// HeldPush is what other people pushed and is not applied: the last good state of the files that they changed stays live.
type HeldPush struct {
	Good     string       // the revision whose files stay live
	Commits  []PastCommit // the external commits since then, the oldest first; none where the branch was set back
	Paths    []string     // of the rule files that are held, and those of paused rules, in the rulebook, sorted
	Taken    []string     // of those that it changed and that are in force all the same, as changes of ours left them after it, sorted
	Problems []Problem    // why, by file and line
	Since    time.Time    // when it was noticed
	Mend     []string     // commands of Git, for a clone, that bring directories back in whose place there is something else; none where there is nothing so
}

// Holds reports whether a rule's file is held, so that what a book says of the rule is not applied; false where nothing is held.
func (h *HeldPush) Holds(book *Book, ref Ref) bool {
	_, configured := book.ruler(ref.Ruler)
	return configured && h.holds(book.rulebookPath(ref))
}

// PushStands is how a commit of a push that is held stands; "" is that of every other commit.
type PushStands string

// How such a commit stands.
const (
	PushHeld   PushStands = "held"    // nothing of it is applied
	PushInPart PushStands = "in part" // some of its files are in force, as changes of ours left them after it
	PushTaken  PushStands = "taken"   // all are
)

// Stands returns how a commit stands, or what it did to some rules, given where these stood or stand; "" where nothing is held, and for a commit that is not
// of what is.
func (h *HeldPush) Stands(book *Book, revision string, refs ...Ref) PushStands {
	if h == nil {
		return ""
	}
	i := slices.IndexFunc(h.Commits, func(c PastCommit) bool { return c.Revision == revision })
	if i < 0 {
		return ""
	}
	taken, held := false, false
	for _, f := range h.Commits[i].Files {
		if len(refs) == 0 || slices.ContainsFunc(refs, func(ref Ref) bool { return book.rulebookPath(ref) == f.Path }) {
			taken, held = taken || slices.Contains(h.Taken, f.Path), held || h.holds(f.Path)
		}
	}
	switch {
	case taken && held:
		return PushInPart
	case taken:
		return PushTaken
	}
	return PushHeld
}

// RulerStatus is how one ruler stands.
type RulerStatus struct {
	Info      RulerInfo
	Files     int       // of the rulebook, the bad ones left out
	Rules     int       // of the rulebook, the bad files' left out
	Running   int       // of those, how many the ruler lists with this expression and healthy
	NotLive   []NotLive // the others, and why
	Behind    bool      // the rulebook's newest state has other files than those that were counted: they are on their way
	Foreign   []string  // files or namespaces in its live directory that are not ours
	LastApply time.Time // the last successful publication and reload; zero when there was none since the start
	LastSeen  time.Time // when the ruler last answered
	Err       error     // of the last attempt; nil when all was well
}

// SinkStatus is how a place stands that is told what is written to the journal.
type SinkStatus struct {
	Name, Kind string
	Queued     int       // what it was not told yet
	Oldest     time.Time // when the oldest of that came in; zero when there is none
	GivenUp    int       // what it will not be told any more
	Trouble    string    // why the oldest that was tried could not be told; empty when all is well
}

// NotLive is one rule that is in the rulebook and not live at its ruler.
type NotLive struct {
	Ref Ref
	Why string // for a person
}

// Waiting is a committed change that its ruler does not run yet. Whether it is live is judged against the rulebook's newest
// head: a Ref that the head has must run as the head says, a Ref that the head has not must be gone.
type Waiting struct {
	Request Request
	Outcome Outcome
	Since   time.Time
}

// Status returns how everything stands. It asks no ruler: it tells what the last reconciliation saw.
func (a *Applier) Status(ctx context.Context) Status {
	var status Status
	book, err := a.newest(ctx)
	if err != nil {
		status.Err = err
	} else {
		status.Revision, status.Problems, status.Rules = book.Revision(), book.Problems(), book.size()
	}
	var stray []Problem
	status.Held, stray = a.heldAndStray()
	status.Problems = append(status.Problems, stray...)
	status.Reconciled, status.Overdue = true, a.time.overdue(a.Now())
	for _, ruler := range a.Rulers {
		d := a.desks[ruler.Info().Name]
		current, ready := d.current()
		current.Behind = err == nil && d.behind(book, status.Held)
		status.Rulers = append(status.Rulers, current)
		status.Waiting = append(status.Waiting, d.waits()...)
		status.Reconciled = status.Reconciled && ready
	}
	return status
}
