package gitsync

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	maxBatch    = 64                     // updates that are written together
	maxAttempts = 12                     // to win against other writers
	maxPause    = 250 * time.Millisecond // between two of them
	maxRaces    = 50                     // attempts to win against others who push to the Git server
)

// lead commits the updates that wait longest, and so one day w. It is called with the writer's token and gives it back.
func (r *Rulebook) lead(w *waiting) {
	defer func() { r.writer <- struct{}{} }()
	select {
	case <-w.done: // the last leader saw to it
		return
	default:
	}
	batch := r.queue.take(maxBatch)
	defer abandon(batch)
	ctx, cancel := together(batch)
	defer cancel()
	r.bring(ctx, batch, &refusals{})
}

// refusals says what the Git server has refused of one batch.
type refusals struct {
	n     int       // updates by themselves, since it took one
	last  error     // why
	since time.Time // when it refused all of them at once; zero when it did not
}

// bring commits the updates of a batch, and answers them all. Where the Git server refuses them as it has something against one of them, the two halves are
// committed one after the other, and so on: nobody hears what the server has against another's change. Those that are left when it has refused maxRefusals by
// themselves, or when that goes on for longer than partPatience, are not tried: others wait.
func (r *Rulebook) bring(ctx context.Context, batch []*waiting, no *refusals) {
	if no.n >= maxRefusals || !no.since.IsZero() && time.Since(no.since) >= r.sync.parts {
		fail(batch, unavailable(no.last, "nothing was changed: the Git server %s refused changes that were sent at the same time as this one, which was not tried by itself. Send it again", r.sync.remote))
		return
	}
	for attempt := 0; ; attempt++ {
		var err error
		batch, err = r.commit(ctx, batch)
		switch rejected := isRejected(err); {
		case len(batch) == 0 && rejected:
			no.n, no.last = no.n+1, err
			return
		case len(batch) == 0:
			no.n = 0
			return
		case rejected:
			if no.since.IsZero() {
				no.since, no.last = time.Now(), err
			}
			r.bring(ctx, batch[:len(batch)/2], no)
			r.bring(ctx, batch[len(batch)/2:], no)
			return
		}
		if r.sync != nil && r.sync.required && errors.Is(err, errMoved) && ctx.Err() == nil {
			if attempt < maxRaces {
				continue // at once: what was just read of the Git server is what has to be pushed on
			}
			fail(batch, unavailable(err, "nothing was changed: others push to the Git server %s all the time, and were faster %d times in a row", r.sync.remote, attempt))
			return
		}
		if attempt >= maxAttempts-1 {
			fail(batch, unavailable(err, "nothing was changed: other programs keep writing to the rulebook %s; if none is, remove the file %s.lock there", r.dir, r.branch))
			return
		}
		if err := pause(ctx, attempt); err != nil {
			fail(batch, tooLong(err))
			return
		}
	}
}

// commit plans each update on top of the one before and lands them together. It answers all of them, except when another writer
// was faster, or the Git server refuses several at once: then it returns those that have to be planned again, and why. It also returns why the server
// refuses one.
//
// What a plan says against a state that has not landed must not get out before that has: it would be about a rulebook that never was. Where
// changes have to be pushed, it must not be about one that is over either: then a push that is taken shows that it was not, or confirm does.
func (r *Rulebook) commit(ctx context.Context, batch []*waiting) (again []*waiting, err error) {
	head, err := r.head()
	if err != nil {
		fail(batch, err)
		return nil, nil
	}
	d := r.newDraft(head)
	defer d.drop()
	for _, w := range batch {
		if err := w.ctx.Err(); err != nil {
			w.answer(nil, tooLong(err))
			continue
		}
		r.step(StepPlan)
		commit, err := w.run(d.tip)
		if err == nil {
			w.now, err = d.add(commit)
		}
		if err != nil && d.tip == head && r.push == nil {
			w.answer(nil, err)
			continue
		}
		w.err = err
		again = append(again, w)
	}
	if d.tip == head {
		if len(again) > 0 && errors.Is(r.confirm(ctx, head.commit), errMoved) {
			return again, errMoved
		}
		for _, w := range again {
			w.answer(nil, w.err)
		}
		return nil, nil
	}
	err = d.land(ctx, head.commit)
	if errors.Is(err, errMoved) || errors.Is(err, errLocked) || isRejected(err) && len(again) > 1 {
		return again, err
	}
	for _, w := range again {
		switch {
		case err == nil:
			r.step(StepDone)
			if w.err == nil {
				w.now.pushed = r.pushTook
			}
			w.answer(w.now, w.err)
		case w.err != nil:
			w.answer(nil, unavailable(err, "nothing was changed: the change before this one failed"))
		default:
			w.answer(nil, err)
		}
	}
	if isRejected(err) {
		return nil, err
	}
	return nil, nil
}

// fail answers updates of which nothing has landed.
func fail(batch []*waiting, err error) {
	for _, w := range batch {
		w.answer(nil, err)
	}
}

// abandon answers those updates of a batch that were not, because something tore their leader away.
func abandon(batch []*waiting) {
	for _, w := range batch {
		select {
		case <-w.done:
		default:
			w.answer(nil, &rules.Error{Kind: rules.Uncertain, Text: "writing the change was interrupted: it may be in the rulebook or not", Offset: -1})
		}
	}
}

// together returns a context that ends when those of all the updates have.
func together(batch []*waiting) (context.Context, context.CancelFunc) {
	if len(batch) == 1 {
		return context.WithCancel(batch[0].ctx)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(batch[0].ctx))
	left := new(atomic.Int64)
	left.Store(int64(len(batch)))
	for _, w := range batch {
		stop := context.AfterFunc(w.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
		context.AfterFunc(ctx, func() { stop() })
	}
	return ctx, cancel
}

// pause waits longer after each attempt, and never as long as another writer that waits as well.
func pause(ctx context.Context, attempt int) error {
	longest := min(maxPause, 4*time.Millisecond<<attempt)
	select {
	case <-time.After(longest/2 + rand.N(longest/2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
