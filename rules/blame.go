package rules

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// maxSuspects is how many files are tried one by one when a ruler refuses what no change can be blamed for.
const maxSuspects = 50

// blame is what follows when a ruler refuses a book. First it gets back what it took last: a bad file on disk stops Prometheus's next
// start and every rule update of Loki's local storage. If it refuses that as well, the fault is elsewhere, and everything waits. Else
// the culprits are looked for: changes, each of which is undone by a commit; then a file that somebody pushed, which is held as the ruler
// took it last. All the rest stays in force. Until that is done nobody commits a change for this ruler; those that were committed
// meanwhile join flights. It returns the changes that were undone, and why the ruler has not read the rest; nil when it has.
func (a *Applier) blame(ctx context.Context, d *desk, flights *[]*flight, refusal error) (undone []Waiting, err error) {
	start := a.Now()
	if err := d.committing.Acquire(ctx, everybody); err != nil {
		return nil, refusal
	}
	defer d.committing.Release(everybody)
	*flights = append(*flights, d.departed()...)
	good, err := a.lastAccepted(ctx, d)
	if err != nil {
		return nil, &Error{Kind: Unreachable, Offset: -1, Cause: err, Text: reasonOf(refusal) + "; what it took last cannot be put back, as the rulebook does not have it any more"}
	}
	book, err := a.applied(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.try(ctx, d, good); err != nil {
		return nil, notPutBack(d.name, refusal, err)
	}
	a.Step(StepPutBack, d.name, a.Now().Sub(start))
	putBack := a.stage(StepPutBack, start, nil)

	suspects := d.suspects(*flights)
	for {
		guilty, err := a.culprit(ctx, d, book, suspects, refusal)
		if err != nil {
			return undone, err
		}
		if guilty == nil {
			break
		}
		if a.try(ctx, d, book) == nil {
			a.accept(d, book)
			return undone, nil // it was something else, and is mended
		}
		if err := a.try(ctx, d, guilty.without); err != nil {
			return undone, notPutBack(d.name, refusal, err)
		}
		guilty.Outcome.Stages = append(slices.Clip(guilty.Outcome.Stages), putBack)
		if err := a.undo(ctx, d, guilty); err != nil {
			return undone, err
		}
		undone = append(undone, guilty.Waiting)
		if book, err = a.applied(ctx); err != nil {
			return undone, err
		}
		suspects = slices.DeleteFunc(suspects, func(w Waiting) bool { return w.Request.ID == guilty.Request.ID })
		if refusal = a.try(ctx, d, book); refusal == nil {
			a.accept(d, book)
			return undone, nil
		}
		if KindOf(refusal) != Refused {
			return undone, refusal
		}
	}
	if path, ok := a.holdOne(ctx, d, book, good); ok {
		if path == "" {
			a.accept(d, book)
			return undone, nil // it was something else, and is mended
		}
		d.refusal = refused(d.name, path, refusal)
		return undone, nil
	}
	if err := a.try(ctx, d, good); err != nil {
		return undone, notPutBack(d.name, refusal, err)
	}
	d.refusal, d.refused, d.refusedAt = refused(d.name, "", refusal), book.Revision(), a.Now()
	return undone, d.refusal
}

// suspects returns the changes that the ruler has not been seen to run, the oldest first.
func (d *desk) suspects(flights []*flight) []Waiting {
	suspects := d.waits()
	for _, f := range flights {
		if !slices.ContainsFunc(suspects, func(w Waiting) bool { return w.Request.ID == f.request.ID }) {
			suspects = append(suspects, Waiting{Request: f.request, Outcome: f.soFar(), Since: f.at})
		}
	}
	return suspects
}

// guilty is a change that a ruler refuses.
type guilty struct {
	Waiting
	undo    planned // of the newest book
	intent  inverse
	without *Book // a state that the ruler took: without the change and all younger suspects
	refusal error
}

// culprit looks for a change that the ruler refuses: the suspects are taken back one after the other, the youngest first, and where the
// ruler begins to take what is left, the one that was taken back there is to blame. nil when it takes it at no time, or when the one to
// blame cannot be taken back by itself. refusal is why it does not take the book. The ruler may be left with any of these states.
func (a *Applier) culprit(ctx context.Context, d *desk, book *Book, suspects []Waiting, refusal error) (*guilty, error) {
	states := []*Book{book} // each without one suspect more
	var without []guilty    // [i] is what is in states[i] and not in states[i+1]
	for _, w := range slices.Backward(suspects) {
		undo, err := a.inverseOf(ctx, w)
		if err != nil || a.isHeldUp(d, w.Outcome.Refs) {
			continue // it is not there any more, undone already, or was never before the ruler
		}
		p, err := plan(states[len(states)-1], undo)
		if err != nil {
			continue // a later change that cannot be taken back stands on it
		}
		states, without = append(states, p.after), append(without, guilty{Waiting: w, intent: undo})
	}
	refused, taken := 0, len(states)-1
	if taken == 0 {
		return nil, nil //nolint:nilnil // nobody is to blame, and nothing is wrong
	}
	try := func(i int) (ok bool, err error) {
		if err = a.try(ctx, d, states[i]); err != nil && KindOf(err) == Refused {
			refusal = err
			return false, nil
		}
		return err == nil, err
	}
	if ok, err := try(taken); !ok {
		return nil, err
	}
	for taken-refused > 1 {
		middle := (taken + refused) / 2
		ok, err := try(middle)
		if err != nil {
			return nil, err
		}
		if ok {
			taken = middle
		} else {
			refused = middle
		}
	}
	found := without[refused]
	found.without, found.refusal = states[taken], refusal
	var err error
	if found.undo, err = plan(book, found.intent); err != nil {
		return nil, nil //nolint:nilerr,nilnil // it cannot be taken back by itself: its file is held
	}
	return &found, nil
}

// try makes the ruler read a book.
func (a *Applier) try(ctx context.Context, d *desk, book *Book) error {
	_, err := a.publishAndReload(ctx, d, d.files(book), always)
	if err != nil && (KindOf(err) == Conflict || KindOf(err) == ReloadOff) {
		return nil // the name of one file is taken; or the ruler reads what is published when it comes to it
	}
	return err
}

// holdOne looks for the one file without whose news the ruler takes the book, and holds it; path is "" when the ruler takes the
// whole book by then.
func (a *Applier) holdOne(ctx context.Context, d *desk, book, good *Book) (path string, ok bool) {
	took := map[string]string{}
	for _, f := range good.RuleFiles(d.name) {
		took[f.Path] = f.ID
	}
	suspects := 0
	for _, f := range book.RuleFiles(d.name) {
		if took[f.Path] == f.ID || d.held[f.Path] == f.ID || f.Bad {
			continue
		}
		if suspects++; suspects > maxSuspects {
			return "", false
		}
		d.held[f.Path] = f.ID
		without := a.try(ctx, d, book)
		delete(d.held, f.Path)
		if without != nil {
			continue
		}
		if a.try(ctx, d, book) == nil {
			return "", true
		}
		if d.held[f.Path] = f.ID; a.try(ctx, d, book) == nil {
			return book.rulebookPath(Ref{Ruler: d.name, Path: f.Path}), true
		}
		delete(d.held, f.Path)
	}
	return "", false
}

// undo takes a change out of the rulebook again by a second commit.
func (a *Applier) undo(ctx context.Context, d *desk, w *guilty) error {
	start := a.Now()
	done, err := a.commit(ctx, a.serviceRequest(w.Request), w.intent, w.undo)
	if err != nil {
		return &Error{Kind: Refused, Offset: -1, Cause: err, Text: fmt.Sprintf(
			"%s refused it (%s); its old rules are in force again, and the commit that should undo it failed: %s", d.name, reasonOf(w.refusal), reasonOf(err))}
	}
	a.Step(StepUndone, d.name, a.Now().Sub(start))
	w.Outcome.Stages = append(slices.Clip(w.Outcome.Stages), a.stage(StepUndone, start, nil))
	a.Logger.Warn("A change was undone, as its ruler refused it", "id", "AS4002", "ruler", d.name, "request", w.Request.ID, "commit", w.Outcome.Revision, "undone_by", done.revision, "err", w.refusal)
	w.Outcome.State, w.Outcome.Reason, w.Outcome.Undone = Reverted, reasonOf(w.refusal), done.revision
	return nil
}

// serviceRequest is the request for a commit that follows another request without being asked for: same id, other author.
func (a *Applier) serviceRequest(req Request) Request {
	req.Actor, req.Entry, req.Key, req.Time = a.Service, EntryService, "", a.Now()
	return req
}

// refused says that a ruler does not take a file, or the rulebook as a whole ("").
func refused(ruler, path string, refusal error) error {
	what := path + "; it keeps what it took of it last"
	if path == "" {
		what = "the rulebook as it is now; it keeps what it took last"
	}
	return &Error{Kind: Refused, Offset: -1, Cause: refusal, Text: fmt.Sprintf("%s refuses %s: %s", ruler, what, strings.TrimSuffix(reasonOf(refusal), "."))}
}

// notPutBack says why a ruler that refused something does not read what it took before.
func notPutBack(ruler string, refusal, err error) error {
	if KindOf(err) != Refused {
		return err
	}
	return &Error{Kind: Unreachable, Offset: -1, Cause: err,
		Text: fmt.Sprintf("%s refuses its configuration with and without this change, so the fault is elsewhere: %s", ruler, reasonOf(refusal))}
}
