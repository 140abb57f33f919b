package journal

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// worker tells one sink.
type worker struct {
	*Teller
	Sink
	logger   *slog.Logger
	failures int        // since the sink took something
	trouble  string     // the failure that the log has
	taken    []delivery // what the sink took and is in its queue all the same: it is not told again
	alone    int        // how many are told one by one from here on: among them is what the sink did not take together with others
}

// run tells the sink what is due until ctx ends. A sink that fails is left alone for a while; what failed waits longer than that, so that it does
// not hold up what comes behind it.
func (w *worker) run(ctx context.Context) {
	for {
		var pause time.Duration
		var told bool
		var err error
		if broken := rules.Contain(func() { pause, told, err = w.step(ctx) }); broken != nil {
			pause, err = w.after(w.failures), w.panicked(broken)
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.failures++
			if _, there := errors.AsType[*unfit](err); there { // it is no outage, and nothing else has to wait for it
				w.failures = 0
			}
			if w.trouble != err.Error() { // the same trouble is told once
				w.trouble = err.Error()
				w.logger.Warn("A sink cannot be told; it is tried again", "id", "AS2403", "err", err)
			}
		case told && w.trouble != "":
			w.logger.Info("The sink takes what it is told again")
			w.failures, w.trouble = 0, ""
		}
		wake := w.wake[w.name]
		if err != nil {
			wake = nil // it is not asked sooner because there is more to say
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-wake:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// step tells the sink what is due, and returns how long there is nothing to do, and whether the sink took something.
func (w *worker) step(ctx context.Context) (pause time.Duration, told bool, err error) {
	if err := w.dequeue(ctx); err != nil {
		return w.after(w.failures), false, err
	}
	now := w.Now()
	due, next, err := w.db.due(ctx, w.name, now, w.batch, w.failures > 0 || w.alone > 0)
	if err != nil {
		return w.after(w.failures), false, unavailable(err, "its queue cannot be read")
	}
	if len(due) == 0 {
		return w.idle(ctx, now, next), false, nil
	}
	err = w.tell(ctx, due)
	if ctx.Err() != nil {
		return 0, false, ctx.Err()
	}
	w.Told(w.name, err)
	if err == nil {
		w.taken, w.alone = due, max(w.alone-1, 0)
		if err := w.dequeue(ctx); err != nil {
			return w.after(w.failures), false, err
		}
		return 0, true, nil
	}
	pause, wait := w.pauses(w.failures, due[0].attempts, err)
	if len(due) > 1 { // which of them it is, is found out one by one; none of the others waits for that
		w.alone = len(due)
		return pause, false, err
	}
	givenUp := due[0].attempts+1 >= leastAttempts && now.Sub(due[0].queued) > w.giveUp
	if givenUp {
		w.logger.Error("Something that a sink was to be told is given up", "id", "AS2404", "event", due[0].event, "attempts", due[0].attempts+1, "err", err)
	}
	if put := w.db.putOff(ctx, w.name, due, err.Error(), now.Add(wait), givenUp); put != nil {
		return pause, false, unavailable(put, "its queue cannot be written")
	}
	return pause, false, err
}

// dequeue takes what the sink took out of its queue.
func (w *worker) dequeue(ctx context.Context) error {
	if len(w.taken) == 0 {
		return nil
	}
	if err := w.db.delivered(ctx, w.name, w.taken); err != nil {
		return unavailable(err, "its queue cannot be written")
	}
	w.taken = nil
	return nil
}

// idle returns how long nothing is due, when something is due next or (the zero time) nothing is in the queue.
func (w *worker) idle(ctx context.Context, now, next time.Time) time.Duration {
	if !next.IsZero() {
		return next.Sub(now)
	}
	if err := w.db.forget(ctx, now.Add(-rememberLost)); err != nil && ctx.Err() == nil {
		w.logger.Warn("What a sink was not told long ago cannot be forgotten; it is tried again", "id", "AS2406", "err", err)
	}
	return time.Hour
}

// pauses returns how long a sink that failed is left alone, and how long what it failed at waits.
func (w *worker) pauses(failures, attempts int, err error) (pause, wait time.Duration) {
	pause, wait = w.after(failures), 2*w.after(attempts)
	if l, ok := errors.AsType[*later](err); ok {
		pause = max(pause, min(l.after, time.Hour))
		wait = max(wait, pause)
	}
	return pause, wait
}

// after returns the pause after so many failures.
func (w *worker) after(failures int) time.Duration {
	pause := w.FirstPause << min(failures, 20)
	pause = min(max(pause, w.FirstPause), w.LastPause)
	return pause + rand.N(pause/8+1) // those that fell together are not asked together
}

// tell tells what is in deliveries. What was pruned from the journal meanwhile is not told.
func (w *worker) tell(ctx context.Context, due []delivery) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	all, err := w.db.tellings(ctx, due)
	if err != nil || len(all) == 0 {
		return err
	}
	if broken := rules.Contain(func() { err = w.send(ctx, all) }); broken != nil {
		return w.panicked(broken)
	}
	return err
}

// panicked logs a panic, and returns it as the trouble that it is to the sink.
func (w *worker) panicked(broken error) error {
	w.logger.Error("A panic in a sink; the others go on", "id", "AS2405", "err", broken)
	return errors.New("a mistake in the service, of which its log says more")
}
