package rules

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// Run compares rulebook, live directory and ruler at start, every ReconcileInterval, and with backoff from a second to a minute while
// a change waits or something is not as it should be, and repairs what differs. It returns when ctx ends; changes that are waited for
// are called pending then, at once.
func (a *Applier) Run(ctx context.Context) error {
	defer close(a.ending)
	var wg sync.WaitGroup
	for _, d := range a.desks {
		wg.Go(func() { a.follow(ctx, d) })
	}
	wg.Wait()
	return ctx.Err()
}

// Watch adds changes that were pending when the service stopped.
func (a *Applier) Watch(waiting ...Waiting) {
	for _, w := range waiting {
		if d := a.desks[w.Outcome.Ruler]; d != nil {
			d.wait(w)
		}
	}
}

// follow is the loop of one ruler: one that hangs does not hold up the others.
func (a *Applier) follow(ctx context.Context, d *desk) {
	retry := firstRetry
	for {
		well := a.reconcile(ctx, d)
		pause := a.ReconcileInterval
		if !well {
			pause = min(retry, pause)
			pause += rand.N(pause/4 + 1) // rulers that fell together are not asked together
			retry = min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-d.wake:
			timer.Stop()
			retry = firstRetry
		case <-timer.C:
		}
	}
}

// reconcile makes one ruler run what the rulebook's head says, and reports whether it does.
func (a *Applier) reconcile(ctx context.Context, d *desk) bool {
	logger := a.Logger.With("ruler", d.name)
	book, err := a.repair(ctx, d)
	last, _ := d.current()
	d.note(func(s *RulerStatus) { s.Err = err })
	d.mu.Lock()
	d.seen = true
	d.mu.Unlock()
	if err != nil {
		if last.Err == nil || last.Err.Error() != err.Error() { // the same trouble is told once
			logger.Warn("Ruler does not follow the rulebook", "kind", KindOf(err), "err", err)
		}
		if book == nil {
			return false
		}
	} else if last.Err != nil {
		logger.Info("Ruler follows the rulebook again")
	}
	return a.survey(ctx, d, book, logger) && err == nil
}

// repair publishes the head and reloads where something differs.
func (a *Applier) repair(ctx context.Context, d *desk) (*Book, error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	book, err := a.Book(ctx)
	if err != nil {
		return nil, err
	}
	err = a.publishAndReload(ctx, d, book.RuleFiles(d.name), func(p Published) bool {
		return len(p.Changed) > 0 || !a.loaded(ctx, d, book)
	})
	if err != nil && KindOf(err) == Refused {
		return book, a.afterRefusal(ctx, d, book, err)
	}
	if err == nil {
		d.note(func(s *RulerStatus) { s.LastApply = a.Now() })
	}
	return book, err
}

// loaded reports whether the ruler lists every rule of the book in its version, evaluated or not.
func (a *Applier) loaded(ctx context.Context, d *desk, book *Book) bool {
	verdicts, err := a.all(ctx, d, book)
	if err != nil {
		return false
	}
	for _, v := range verdicts {
		if v.state == NotLoaded {
			return false
		}
	}
	return true
}

// all judges every rule of the ruler.
func (a *Applier) all(ctx context.Context, d *desk, book *Book) ([]verdict, error) {
	running, err := d.Running(ctx)
	if err != nil {
		return nil, err
	}
	return a.compare(d, book, running, refsOf(book.liveEntries(d.name)), nil), nil
}

func refsOf(entries []Entry) []Ref {
	refs := make([]Ref, 0, len(entries))
	for _, e := range entries {
		refs = append(refs, e.Ref)
	}
	return refs
}

// afterRefusal handles a refusal that no request stands in front of: a change whose service was killed between the commit and the
// ruler's answer is undone as it would have been then; else the refusal is reported.
func (a *Applier) afterRefusal(ctx context.Context, d *desk, book *Book, refusal error) error {
	for _, w := range d.waits() {
		before, err := a.beforeOf(ctx, w)
		if err != nil || before == nil {
			continue
		}
		if err := a.bring(ctx, d, book, before); err == nil || KindOf(err) != Refused {
			return err
		}
		w.Outcome = a.undo(ctx, d, w.Request, w.Outcome, before, refusal)
		if d.settle(w.Request.ID) {
			a.Settled(ctx, w)
		}
		return nil
	}
	return refusal
}

// beforeOf returns the book as it was before a waiting change.
func (a *Applier) beforeOf(ctx context.Context, w Waiting) (*Book, error) {
	found, err := a.Store.FindRequest(ctx, w.Request.ID)
	if err != nil || len(found) != 1 {
		return nil, err
	}
	tree, err := a.Store.At(ctx, found[0].Parent)
	if err != nil {
		return nil, err
	}
	return a.bookAt(tree)
}

// survey asks the ruler how every rule stands, notes it, and settles what was waited for.
func (a *Applier) survey(ctx context.Context, d *desk, book *Book, logger *slog.Logger) bool {
	verdicts, err := a.all(ctx, d, book)
	if err != nil {
		d.note(func(s *RulerStatus) { s.Err = err })
		return false
	}
	var notLive []NotLive
	for _, v := range verdicts {
		if v.state != Live {
			notLive = append(notLive, NotLive{Ref: v.ref, Why: v.why})
		}
	}
	d.note(func(s *RulerStatus) {
		s.LastSeen = a.Now()
		s.Rules, s.Running, s.NotLive = len(verdicts), len(verdicts)-len(notLive), notLive
		s.Files = len(book.RuleFiles(d.name))
	})
	for _, w := range d.waits() {
		state, _ := a.standing(ctx, d, w.Outcome.Refs, nil)
		if state != Live || !d.settle(w.Request.ID) {
			continue
		}
		w.Outcome.State, w.Outcome.Reason, w.Outcome.Took = Live, "", a.Now().Sub(w.Since)
		logger.Info("A change that waited is live", "request_id", w.Request.ID, "commit", w.Outcome.Revision)
		a.Settled(ctx, w)
	}
	return len(notLive) == 0 && len(d.waits()) == 0
}

// Status returns how everything stands. It asks no ruler: it tells what the last reconciliation saw.
func (a *Applier) Status(ctx context.Context) Status {
	var status Status
	if book, err := a.Book(ctx); err != nil {
		status.Err = err
	} else {
		status.Revision, status.Problems, status.Rules = book.Revision(), book.Problems(), len(book.Entries(""))
	}
	status.Reconciled = true
	for _, ruler := range a.Rulers {
		d := a.desks[ruler.Info().Name]
		current, seen := d.current()
		status.Rulers = append(status.Rulers, current)
		status.Waiting = append(status.Waiting, d.waits()...)
		status.Reconciled = status.Reconciled && seen
	}
	return status
}
