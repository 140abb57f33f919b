package rules

import (
	"context"
	"errors"
	"fmt"
)

// bring is step 8: it publishes the book's files for one ruler and makes the ruler read them. The caller holds desk.changing.
//
// When the ruler refuses, the files of before are put back at once: a bad file on disk stops Prometheus's next start
// and every rule update of Loki's local storage. Only if the ruler takes those is the refusal the change's fault
// (kind Refused). If it refuses them as well, something else is wrong with it, and the change is published again and
// waits (kind Unreachable). before may be nil when no good state is known.
func (a *Applier) bring(ctx context.Context, d *desk, book, before *Book) error {
	err := a.publishAndReload(ctx, d, book.RuleFiles(d.name), always)
	if err != nil && KindOf(err) == Refused && before != nil {
		err = a.putBack(ctx, d, book, before, err)
	}
	d.note(func(s *RulerStatus) {
		if s.Err = err; err == nil {
			s.LastApply = a.Now()
		}
	})
	return err
}

// publishAndReload publishes files and, where needed says so of the account, makes the ruler read them. A name that is taken by
// somebody else's file (kind Conflict) holds up that one file: the others are published and read all the same.
func (a *Applier) publishAndReload(ctx context.Context, d *desk, files []RuleFile, needed func(Published) bool) error {
	start := a.Now()
	published, taken := d.Publish(ctx, files)
	d.note(func(s *RulerStatus) { s.Foreign = published.Foreign })
	if taken != nil && KindOf(taken) != Conflict {
		return taken
	}
	a.Step(StepPublished, d.name, a.Now().Sub(start))
	if !needed(published) {
		return taken
	}
	start = a.Now()
	if err := d.Reload(ctx); err != nil {
		return err
	}
	a.Step(StepReloaded, d.name, a.Now().Sub(start))
	return taken
}

// always is for a change: its ruler is told to read it, whatever was published.
func always(Published) bool { return true }

func (a *Applier) putBack(ctx context.Context, d *desk, book, before *Book, refusal error) error {
	start := a.Now()
	err := a.publishAndReload(ctx, d, before.RuleFiles(d.name), always)
	if err == nil || KindOf(err) != Refused {
		a.Step(StepPutBack, d.name, a.Now().Sub(start))
		return refusal
	}
	if err := a.publishAndReload(ctx, d, book.RuleFiles(d.name), always); err != nil && KindOf(err) != Refused {
		return err
	}
	return &Error{
		Kind:   Unreachable,
		Text:   fmt.Sprintf("%s refuses its configuration with and without this change, so the fault is elsewhere: %s", d.name, reasonOf(refusal)),
		Offset: -1,
		Cause:  err,
	}
}

// undo is what follows a refusal: a second commit takes the change out of the rulebook again. The ruler reads the old files already.
func (a *Applier) undo(ctx context.Context, d *desk, req Request, out Outcome, before *Book, refusal error) Outcome {
	start := a.Now()
	undone, err := a.commit(ctx, a.serviceRequest(req), inverse{of: out, before: before}, d.name)
	if err != nil {
		out.State = NotLoaded
		out.Reason = fmt.Sprintf("%s refused it (%s), its old files were put back, and the commit that should undo it failed: %s", d.name, reasonOf(refusal), reasonOf(err))
		return out
	}
	a.Step(StepUndone, d.name, a.Now().Sub(start))
	out.State, out.Reason, out.Undone = Reverted, reasonOf(refusal), undone.revision
	return out
}

// serviceRequest is the request for a commit that follows another request without being asked for: same id, other author.
func (a *Applier) serviceRequest(req Request) Request {
	req.Actor, req.Entry, req.Key, req.Time = a.Service, "service", "", a.Now()
	return req
}

// inverse is the intent that takes a refused change back.
type inverse struct {
	of     Outcome
	before *Book
}

func (inverse) Action() string { return "undo" }

// Plan restores each file of the change as it was before, where nobody else has touched it since.
func (i inverse) Plan(book *Book) (Change, error) {
	change := Change{
		Ruler:   i.of.Ruler,
		Files:   map[string][]byte{},
		Refs:    i.of.Refs,
		Subject: "undo " + i.of.Action,
		Reason:  i.of.Ruler + " refused the change",
	}
	for _, ref := range i.of.Refs {
		path := book.rulebookPath(ref)
		old, existed := i.before.content(path)
		if !existed {
			old = nil
		}
		change.Files[path] = old
	}
	if len(i.of.Refs) > 0 {
		change.Subject += " " + i.of.Refs[0].Name
	}
	return change, nil
}

// reasonOf returns what a person may read of an error.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Text
	}
	return "an internal error; see the service's log"
}
