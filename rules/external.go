package rules

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"sync/atomic"
)

// PausedGone is a paused rule that a push took away: its address, and the commit that has it, by which it can be restored.
type PausedGone struct{ Address, Revision string }

// ExternalPush is what other people brought into the rulebook without Alertsmith, by one push or several that came together.
type ExternalPush struct {
	Good    string       // the last good revision before it
	Head    string       // the revision that was looked at
	Commits []PastCommit // the external ones since then, the oldest first; none where the branch was set back
	// Elsewhere says that the branch does not lead on from where it was; nil where it does.
	Elsewhere *Elsewhere
	// Held says why nothing of it is applied; nil when it is applied, and Rulers says how that went.
	Held   *HeldPush
	Taken  []Taken          // while it is held: what is applied of it all the same, with changes of ours that were planned again on top of it
	Mended string           // the id of the request whose change ended that it was held; "" where it was not, or another push ended that
	Rulers []ExternalChange // of the rulers whose rules it touched
	// PausedGone are the paused rules that it took away. Where the branch was put elsewhere, that has them.
	PausedGone []PausedGone
	// Findings are what a command would have been refused or warned of for these rules, once it is applied; Unlinted is how many rules were too many to look at.
	Findings []Finding
	Unlinted int
	Worst    string // the address of the rule that the first finding is about, or of one of its group; "" where there is none
}

// ExternalChange is what an external push did to the rules of one ruler, and how that stands there.
type ExternalChange struct {
	Ruler  string
	Rules  []PushedRule // that were added, changed or deleted
	State  State        // of all that the ruler was to get
	Reason string       // why that is not live
}

// PushedRule is how one rule that an external push touched stands at its ruler.
type PushedRule struct {
	Ref    Ref
	From   Ref     // where it stood before, where it was moved or renamed
	To     Ref     // where it stands now: then Ref is where it stood
	By     Request // whose change left it as it is, where that is not as it was pushed; zero where it is
	New    bool    // it was added: the rulebook did not have it, also paused, and it was not moved there
	Back   bool    // it was paused
	Gone   bool    // the rulebook has it no more: it is in force so when the ruler has it no more either
	State  State
	Reason string // why it is not in force
}

// outside is what the applier knows of other people's commits.
type outside struct {
	mu      sync.Mutex
	good    *Book      // the last state that was found good; nil before it was looked up
	noted   string     // the revision that Good was told last
	head    string     // the revision that was examined last
	live    *Book      // what of that is applied
	held    *HeldPush  // nil when all of it is applied
	kept    []heldFile // the files that are held
	aside   []string   // and those of paused rules, by their paths in the rulebook
	inForce *Book      // the state that they stay in: the last good one, and what we changed since then
	past    pastSince  // what happened since good, as far as something is held
	stray   []Problem  // what good has that is no file to be read: it was there when the rulebook was adopted
	told    string     // the newest external commit that was held and External was told of, or is about to be; "" once nothing is held
	seen    string     // the revision that Seen was told last
	telling int        // calls of External and Settled that are on their way: Good is not told before they have ended

	lending atomic.Pointer[lending] // nil when nothing is held; without mu, as whoever reads the rulebook is not to wait for an examination

	displaced map[string]Waiting // commit that stands in place of a change → that change; Settled was told so or is about to be
}

// Moved examines the rulebook's newest state after somebody else may have moved it, and has what is good of it applied at once. Call it when
// the rulebook's remote moved; every reconciliation looks as well.
func (a *Applier) Moved(ctx context.Context) {
	if _, err := a.applied(ctx); err != nil {
		a.Logger.Warn("What was pushed could not be examined; it is tried again", "id", "AS3017", "err", err)
	}
	a.findAgain(ctx)
	for _, d := range a.desks {
		signal(d.wake)
	}
}

// applied returns what of the newest rulebook is applied: all of it, or, while somebody else's commits brought what would not be taken, all
// but the files that differ from the last good state, which stay as they were in that. A file that was changed by us after that, and is good, is
// applied. What is held follows from the history alone, so it is the same after a restart. Of pushes that were not told of yet is told
// behind the commands.
func (a *Applier) applied(ctx context.Context) (*Book, error) {
	o := &a.outside
	o.mu.Lock()
	defer o.mu.Unlock()
	book, err := a.newest(ctx) // within the lock: what was examined never goes back
	if err != nil {
		return nil, err
	}
	if o.good == nil {
		if err := a.lookUpGood(ctx, book); err != nil {
			return nil, err
		}
	}
	if o.head != book.Revision() {
		if err := a.examine(ctx, book); err != nil {
			return nil, err
		}
	}
	return o.live, nil
}

// examine looks at what came into the rulebook since the last good state. The caller holds outside.
func (a *Applier) examine(ctx context.Context, book *Book) error {
	o := &a.outside
	past, err := a.pastSince(ctx, book)
	if err != nil {
		return err
	}
	a.settleDisplaced(ctx, past.displaced)
	good := o.good
	push := ExternalPush{Good: good.Revision(), Head: book.Revision(), Commits: past.external, Elsewhere: past.putElsewhere(o.told != "")}
	before, was := good, good
	if o.live != nil {
		was = o.live
	}
	unknown := o.live == nil && o.told != "" // what was applied: commands of before the start may have taken something of what was held in force
	if push.Elsewhere != nil {               // what commands changed meanwhile, while something was held, may be gone too
		before = was
	}
	var problems []Problem
	stray := o.stray
	if len(past.external) > 0 || past.elsewhere {
		if stray, err = a.Irregular(ctx, book.Revision()); err != nil {
			return err
		}
		past.hide(stray)
		if good.Revision() != "" { // an empty rulebook is adopted as it is, as at the first start
			problems = newProblems(good, book, o.stray, stray)
		}
	}
	if len(problems) == 0 {
		o.head = book.Revision()
		push.Mended = past.mended
		o.good, o.live, o.stray, o.held, o.kept, o.aside, o.inForce, o.past = book, book, stray, nil, nil, nil, nil, pastSince{}
		o.lending.Store(nil)
		if len(past.external) > 0 || push.Elsewhere != nil {
			a.tell(ctx, "push", "", func(ctx context.Context) { a.applyPush(ctx, push, before, was, book, past) })
		}
		return nil
	}
	since := a.Now()
	if o.held != nil {
		since = o.held.Since
	}
	inForce, err := a.inForce(ctx, past)
	if err != nil {
		return err
	}
	o.head = book.Revision() // nothing fails from here on, so that what is examined is examined whole
	o.past, o.inForce, o.kept, o.aside = past, inForce, past.held(inForce, book), past.heldAside(inForce, book)
	o.held = &HeldPush{Good: good.Revision(), Commits: past.external, Taken: past.taken(good, book), Problems: problems, Since: since}
	for _, at := range o.kept {
		o.held.Paths = append(o.held.Paths, book.pathIn(at.ruler, at.path))
	}
	o.held.Paths = append(o.held.Paths, o.aside...)
	slices.Sort(o.held.Paths)
	o.held.Mend = o.held.mend()
	o.lending.Store(&lending{push: o.held, inForce: inForce, files: o.kept, aside: o.aside})
	o.live = book.keeping(inForce, o.kept).keepingAside(inForce, o.aside)
	if past.news {
		push.Elsewhere.Stay = o.live.gonePast(book)
	} else {
		push.Elsewhere = nil
	}
	newest := past.at // of a branch that was set back
	if n := len(past.external); n > 0 {
		newest = past.external[n-1].Revision
	}
	if o.told != newest || past.news {
		o.told, push.Held = newest, o.held
		live := o.live
		a.tell(ctx, "push", "", func(ctx context.Context) {
			if !unknown { // else who took what was said then
				push.Taken = a.taken(ctx, push, past.own, was, live)
			}
			a.External(context.WithoutCancel(ctx), push)
			a.Told(newest)
		})
	}
	return nil
}

// tell has somebody told of what came in behind the commands, with a context that ends with the service; the last good state is not noted before.
// The caller holds outside.
func (a *Applier) tell(ctx context.Context, job, request string, tell func(context.Context)) {
	a.outside.telling++
	a.behind(ctx, job, request, func(ctx context.Context) { // after the end of the service nobody is told, and so the next start does it
		defer a.toldOf()
		tell(ctx)
	})
}

// toldOf ends a tell, also one that panicked: it would do so again.
func (a *Applier) toldOf() {
	a.outside.mu.Lock()
	a.outside.telling--
	a.outside.mu.Unlock()
	a.noteGood()
}

// lookUpGood finds the state that the service of before found good. The first time there is none: then all is taken as it is, and what is
// wrong is listed and not held. The caller holds outside.
func (a *Applier) lookUpGood(ctx context.Context, book *Book) error {
	o := &a.outside
	good, err := book, error(nil)
	if o.noted, o.told, o.seen = a.LastGood(), a.LastTold(), a.LastSeen(); o.noted != "" {
		good, err = a.bookOf(ctx, o.noted)
	}
	if errors.Is(err, fs.ErrNotExist) {
		a.Logger.Warn("The rulebook does not have the last good revision any more: what it has now is taken as it is", "id", "AS3018", "revision", o.noted)
		a.tellLost(ctx, o.noted, book)
		good, err = book, nil
	}
	if err != nil {
		return err
	}
	stray, err := a.Irregular(ctx, good.Revision())
	if err != nil {
		return err
	}
	if o.good, o.stray = good, stray; good == book && o.told == "" { // else what was told of may be gone
		o.head, o.live = book.Revision(), book
	}
	return nil
}

// noteGood remembers the last good state beyond the end of the service, as soon as all who are to hear of what led to it have.
func (a *Applier) noteGood() {
	o := &a.outside
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.good == nil || o.telling > 0 {
		return
	}
	if o.noted != o.good.Revision() {
		o.noted = o.good.Revision()
		a.Good(o.noted)
	}
	if o.told != "" && o.head == o.noted { // what was held is mended, or gone
		o.told = ""
		a.Told("")
	}
	seen := ""
	if o.held != nil {
		seen = o.head
	}
	if o.head != "" && o.seen != seen {
		o.seen = seen
		a.Seen(seen)
	}
}

// atRisk reports whether what was last seen of the rulebook is to be remembered soon, as the service may be killed: no good state is yet, or something
// is held, and so the good one does not go on with what commands change.
func (a *Applier) atRisk() bool {
	a.outside.mu.Lock()
	defer a.outside.mu.Unlock()
	return a.outside.noted == "" || a.outside.held != nil
}

// newProblems returns what is wrong with files of a book that were not wrong, with the same content, in the last good one; nor is of what either
// has that is no file.
func newProblems(good, book *Book, was, is []Problem) []Problem {
	var problems []Problem
	for i, ruler := range book.rulers {
		old := map[string]bool{} // contents that were wrong already
		for _, f := range good.shelves[i] {
			old[f.file.id] = old[f.file.id] || len(f.bad) > 0
		}
		for _, path := range changedPaths(good, book, ruler.Name) {
			if f := book.shelves[i].get(path); f != nil && !old[f.file.id] {
				problems = append(problems, f.bad...)
			}
		}
	}
	for _, p := range book.asideProblems() {
		if !book.aside[p.Path].foreign() && !sameAside(good, book, p.Path) {
			problems = append(problems, p)
		}
	}
	there := make(map[Problem]bool, len(was))
	for _, p := range was {
		there[p] = true
	}
	for _, p := range is {
		if !there[p] {
			problems = append(problems, p)
		}
	}
	return problems
}
