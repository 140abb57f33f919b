package rules

import (
	"context"
	"errors"
	"strings"
	"time"
)

// bring is deliver, whose panic becomes the reason why the ruler has not read anything: flights that were taken over are not lost.
func (a *Applier) bring(ctx context.Context, d *desk, book *Book, flights *[]*flight, needed func(Published) bool) (undone []Waiting, err error) {
	if !a.contained("bring "+d.name, requestsOf(*flights), func() { undone, err = a.deliver(ctx, d, book, flights, needed) }) {
		d.brought, d.read, err = nil, "", internalError(d.name)
	}
	return undone, err
}

// internalError says that a ruler was not brought up to date for a mistake of ours.
func internalError(ruler string) error {
	return &Error{Kind: Unreachable, Offset: -1, Text: "an internal error while " + ruler + " was brought up to date; it is tried again, and the service's log says more"}
}

// requestsOf returns the ids of the requests that changes were asked for by.
func requestsOf(flights []*flight) string {
	ids := make([]string, len(flights))
	for i, f := range flights {
		ids[i] = f.request.ID
	}
	return strings.Join(ids, " ")
}

// deliver is step 8: it makes a ruler read the rulebook's head, and with it all flights; needed says of the account of the publication whether
// it has to be told to. The caller holds the desk. When the ruler refuses, it gets back what it took last, and who is to blame is found out:
// changes that are undone for it are returned, and flights that began meanwhile are added.
func (a *Applier) deliver(ctx context.Context, d *desk, book *Book, flights *[]*flight, needed func(Published) bool) (undone []Waiting, err error) {
	d.release(book)
	d.look(ctx, book, *flights)
	reloaded, err := a.publishAndReload(ctx, d, d.files(book), needed)
	d.noteStages(*flights)
	switch d.brought = book; {
	case err != nil && KindOf(err) == Refused:
		undone, err = a.blame(ctx, d, flights, err)
		d.brought, d.read = nil, ""
	case err != nil:
		d.read = ""
	case reloaded:
		d.read = book.Revision()
	}
	if reloaded && KindOf(err) != Refused {
		a.accept(d, book)
	}
	d.note(func(s *RulerStatus) {
		if s.Err = err; err == nil && reloaded {
			s.LastApply = a.Now()
		}
	})
	return undone, err
}

// publishAndReload reports whether the ruler has read the files. A name that is taken by somebody else's file (kind Conflict) holds
// up that one file: the others are published and read all the same.
func (a *Applier) publishAndReload(ctx context.Context, d *desk, files []RuleFile, needed func(Published) bool) (reloaded bool, err error) {
	if err := a.hidden(d.Info()); err != nil {
		return false, err
	}
	files, err = a.besideHidden(ctx, d, files)
	if err != nil {
		return false, err
	}
	start := a.Now()
	published, taken := d.Publish(ctx, files)
	if len(published.Changed) > 0 || taken != nil {
		d.noteRead(nil)
		d.offer(nil, time.Time{})
	}
	d.stages = []Stage{a.stage(StepPublished, start, taken)}
	d.adopted = published.Adopted
	d.note(func(s *RulerStatus) { s.Foreign = published.Foreign })
	if taken != nil && KindOf(taken) != Conflict {
		return false, taken
	}
	a.Step(StepPublished, d.name, a.Now().Sub(start))
	if !needed(published) {
		return false, taken
	}
	start = a.Now()
	err = d.Reload(ctx)
	d.stages = append(d.stages, a.stage(StepReloaded, start, err))
	if err != nil {
		d.noteRead(nil)
		if KindOf(err) == ReloadOff {
			a.offerFiles(ctx, d, files)
		}
		return false, err
	}
	d.noteRead(files)
	a.Step(StepReloaded, d.name, a.Now().Sub(start))
	return true, taken
}

// always is for a change or a trial: the ruler is told to read it, whatever was published.
func always(Published) bool { return true }

// accept notes that the ruler has taken a state as a whole: not while a file is held, for which the state before is still needed. A state that
// is applied but for what somebody else pushed is no revision, and is forgotten with the service.
func (a *Applier) accept(d *desk, book *Book) {
	if len(d.held) > 0 {
		return
	}
	if d.accepted != book && book.Revision() != "" && !book.mixed {
		a.Accepted(d.name, book.Revision())
	}
	d.accepted, d.refusal, d.refused = book, nil, ""
}

// lastAccepted returns the last state that the ruler took. When none is known it never took any: what it had of the head before it was
// given anything, often nothing.
func (a *Applier) lastAccepted(ctx context.Context, d *desk) (*Book, error) {
	if d.accepted != nil {
		return d.accepted, nil
	}
	revision := a.LastAccepted(d.name)
	if revision == "" {
		head, err := a.newest(ctx)
		if err == nil {
			d.accepted = head.only(d.name, d.adopted)
		}
		return d.accepted, err
	}
	book, err := a.bookOf(ctx, revision)
	if err == nil {
		d.accepted = book
	}
	return book, err
}

// reasonOf returns what a person may read of an error.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Text
	}
	return "an internal error; see the service's log"
}
