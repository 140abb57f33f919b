package rules

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	firstRetry = time.Second
	lastRetry  = time.Minute

	recountAfter = 200 * time.Millisecond
)

// Run compares rulebook, live directory and ruler at start, every ReconcileInterval, and with backoff from a second to a minute while
// a change waits or something is not as it should be, and repairs what differs. It returns when ctx ends; changes that are waited for
// are called pending then, at once.
func (a *Applier) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { a.keepTime(ctx) })
	for _, d := range a.desks {
		wg.Go(func() { a.follow(ctx, d) })
		wg.Go(func() { a.recount(ctx, d) })
	}
	wg.Wait()
	close(a.ending)
	a.backgroundMu.Lock()
	a.ended = true
	a.backgroundMu.Unlock()
	a.background.Wait()
	a.noteGood() // what was changed since the last reconciliation is no adoption at the next start
	return ctx.Err()
}

// behind runs something behind the commands, with a context that only the end of the service ends; Run waits for its end. A panic ends it alone;
// job and request say in the log what it was and for which request, "" for none. false when Run has ended, and it is not run.
func (a *Applier) behind(ctx context.Context, job, request string, run func(context.Context)) bool {
	a.backgroundMu.Lock()
	defer a.backgroundMu.Unlock()
	if !a.ended {
		a.background.Go(func() {
			a.contained(job, request, func() { a.untilEnding(context.WithoutCancel(ctx), run) })
		})
	}
	return !a.ended
}

// contained runs something that nobody waits for: what it panics with is logged and counted, and ends no more than it. It reports whether it
// ended well.
func (a *Applier) contained(job, request string, run func()) bool {
	err := Contain(run)
	if err != nil {
		a.Logger.Error("A panic behind the commands; the service goes on", "id", "AS5105", "job", job, "request", request, "err", err)
		a.Panicked(job)
	}
	return err == nil
}

// untilEnding runs something with a context that ends with the service.
func (a *Applier) untilEnding(ctx context.Context, run func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-a.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	run(ctx)
}

// Watch adds changes that were pending when the service stopped, or that somebody else pushed; one that is waited for already takes the new place.
func (a *Applier) Watch(waiting ...Waiting) {
	for _, w := range waiting {
		if d := a.desks[w.Outcome.Ruler]; d != nil {
			d.settle(w.Request.ID)
			d.wait(w)
		}
	}
}

// follow is the loop of one ruler: one that hangs does not hold up the others.
func (a *Applier) follow(ctx context.Context, d *desk) {
	retry := firstRetry
	for {
		well := false
		if !a.contained("reconcile "+d.name, "", func() { well = a.reconcile(ctx, d) }) {
			d.note(func(s *RulerStatus) { s.Err = internalError(d.name) })
		}
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

// recount keeps the status true after changes. Many changes that come together are counted once, and counting takes a small part of the time,
// however many rules there are.
func (a *Applier) recount(ctx context.Context, d *desk) {
	pause := recountAfter
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.changed:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		start := a.Now()
		a.contained("count "+d.name, "", func() {
			_, _ = a.survey(ctx, d) // a ruler that does not answer is the next reconciliation's business
			if a.atRisk() {
				a.noteGood()
			}
		})
		pause = max(recountAfter, min(20*a.Now().Sub(start), lastRetry))
	}
}

// reconcile makes one ruler run what the rulebook's head says, and reports whether it does.
func (a *Applier) reconcile(ctx context.Context, d *desk) bool {
	last, _ := d.current()
	book, answer, err := a.repair(ctx, d)
	well := false
	if book != nil {
		var asked error
		if answer != nil && len(d.waits()) == 0 { // nothing can be settled by an answer from before it was waited for
			well, asked = a.surveyed(ctx, d, *answer, nil)
		} else {
			well, asked = a.survey(ctx, d)
		}
		if err == nil {
			err = asked
		}
	}
	d.mu.Lock()
	d.status.Err, d.ready = err, true
	d.mu.Unlock()

	logger := a.Logger.With("ruler", d.name)
	switch {
	case err != nil && (last.Err == nil || last.Err.Error() != err.Error()): // the same trouble is told once
		logger.Warn("Ruler does not follow the rulebook", "id", "AS4001", "kind", KindOf(err), "err", err)
	case err == nil && last.Err != nil:
		logger.Info("Ruler follows the rulebook again")
	}
	return well && err == nil
}

// repair publishes the head, and reloads where the ruler does not list it. answer is what the ruler listed where that was as it should be; else nil.
func (a *Applier) repair(ctx context.Context, d *desk) (book *Book, answer *[]RunningRule, err error) {
	if err := d.take(ctx); err != nil {
		return nil, nil, err
	}
	defer d.leave()
	defer a.noteGood()
	book, err = a.applied(ctx)
	if err != nil {
		return nil, nil, err
	}
	if d.refused != "" && d.refused == book.Revision() && a.Now().Sub(d.refusedAt) < a.ReconcileInterval {
		return book, nil, d.refusal // it was tried a moment ago
	}
	// A service that was killed between publishing and reloading left nothing on disk that differs.
	unread := d.accepted == nil && a.LastAccepted(d.name) != book.Revision()
	flights := d.departed()
	if len(flights) > 0 { // what was committed since the book was read is in none that is older
		if book, err = a.applied(ctx); err != nil {
			a.land(ctx, d, flights, err, nil)
			return nil, nil, err
		}
	}
	undone, err := a.bring(ctx, d, book, &flights, func(p Published) bool {
		if len(p.Changed) > 0 || unread || a.mustRead(d, book) {
			return true
		}
		running, err := d.Running(ctx)
		if err != nil {
			return false
		}
		if a.lists(d, book, running) {
			answer = &running
		}
		return answer == nil
	})
	a.land(ctx, d, flights, err, undone)
	switch {
	case err == nil && len(d.held) > 0:
		err = d.refusal
	case err == nil && answer != nil:
		a.accept(d, book)
	}
	return book, answer, err
}

// rest settles a change that is waited for no more, and tells so. Whoever is told may take time, and no ruler waits for that.
func (a *Applier) rest(ctx context.Context, d *desk, w Waiting) {
	if d.settle(w.Request.ID) {
		a.tellSettled(ctx, w)
	}
}

func (a *Applier) tellSettled(ctx context.Context, w Waiting) {
	ctx = context.WithoutCancel(ctx) // the change has come to its end, and so who was begun to be told is told
	if !a.behind(ctx, "settled", w.Request.ID, func(context.Context) { a.Settled(ctx, w) }) {
		a.Settled(ctx, w)
	}
}
