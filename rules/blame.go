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
// the culprit is looked for by trying the book without one thing after the other: a change, the newest first, which is then undone by a
// second commit; a file that somebody pushed, which is then held as the ruler took it last. All the rest stays in force.
func (a *Applier) blame(ctx context.Context, d *desk, book *Book, candidates []Waiting, refusal error) (undone *Waiting, err error) {
	start := a.Now()
	good, err := a.lastAccepted(ctx, d)
	if err != nil {
		return nil, &Error{Kind: Unreachable, Offset: -1, Cause: err, Text: reasonOf(refusal) + "; what it took last cannot be put back, as the rulebook does not have it any more"}
	}
	if err := a.try(ctx, d, good); err != nil {
		return nil, notPutBack(d.name, refusal, err)
	}
	a.Step(StepPutBack, d.name, a.Now().Sub(start))

	for _, w := range slices.Backward(candidates) {
		undo, err := a.inverseOf(ctx, w)
		if err != nil || a.isHeldUp(d, w.Outcome.Refs) {
			continue // it is not there any more, undone already, or was never before the ruler
		}
		_, without, err := plan(book, undo)
		if err != nil || a.try(ctx, d, without) != nil {
			continue
		}
		if again := a.try(ctx, d, book); again == nil {
			a.accept(d, book)
			return nil, nil // it was something else, and is mended
		}
		if err := a.try(ctx, d, without); err != nil {
			return nil, notPutBack(d.name, refusal, err)
		}
		return a.undo(ctx, d, w, undo, refusal)
	}
	if path, ok := a.holdOne(ctx, d, book, good); ok {
		if path == "" {
			a.accept(d, book)
			return nil, nil // it was something else, and is mended
		}
		d.refusal = refused(d.name, path, refusal)
		return nil, nil
	}
	if err := a.try(ctx, d, good); err != nil {
		return nil, notPutBack(d.name, refusal, err)
	}
	d.refusal, d.refused, d.refusedAt = refused(d.name, "", refusal), book.Revision(), a.Now()
	return nil, d.refusal
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

// undo takes a change out of the rulebook again by a second commit. The ruler reads the rulebook without it already.
func (a *Applier) undo(ctx context.Context, d *desk, w Waiting, undo inverse, refusal error) (*Waiting, error) {
	start := a.Now()
	done, err := a.commit(ctx, a.serviceRequest(w.Request), undo, d.name)
	if err != nil {
		return nil, &Error{Kind: Refused, Offset: -1, Cause: err, Text: fmt.Sprintf(
			"%s refused it (%s); its old rules are in force again, and the commit that should undo it failed: %s", d.name, reasonOf(refusal), reasonOf(err))}
	}
	a.Step(StepUndone, d.name, a.Now().Sub(start))
	a.accept(d, done.after)
	a.Logger.Warn("A change was undone, as its ruler refused it", "ruler", d.name, "request", w.Request.ID, "commit", w.Outcome.Revision, "undone_by", done.revision, "err", refusal)
	w.Outcome.State, w.Outcome.Reason, w.Outcome.Undone = Reverted, reasonOf(refusal), done.revision
	return &w, nil
}

// serviceRequest is the request for a commit that follows another request without being asked for: same id, other author.
func (a *Applier) serviceRequest(req Request) Request {
	req.Actor, req.Entry, req.Key, req.Time = a.Service, "service", "", a.Now()
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
