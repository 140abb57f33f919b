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
	logger *slog.Logger
}

// run tells the sink what is due until ctx ends. A sink that fails is left alone for a while; what failed waits longer than that, so that it does
// not hold up what comes behind it.
func (w worker) run(ctx context.Context) {
	failures, told := 0, ""
	for {
		pause, err := w.step(ctx, failures)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if failures > 0 {
				w.logger.Info("The sink takes what it is told again")
			}
			failures, told = 0, ""
		default:
			if failures++; told != err.Error() { // the same trouble is told once
				told = err.Error()
				w.logger.Warn("A sink cannot be told; it is tried again", "id", "AS2403", "err", err)
			}
		}
		wake := w.wake[w.name]
		if failures > 0 {
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

// step tells the sink what is due, and returns how long there is nothing to do.
func (w worker) step(ctx context.Context, failures int) (pause time.Duration, err error) {
	now := w.Now()
	due, next, err := w.db.due(ctx, w.name, now, w.batch, failures > 0)
	if err != nil {
		return w.after(failures), unavailable(err, "its queue cannot be read")
	}
	if len(due) == 0 {
		if next.IsZero() {
			return time.Hour, w.db.forget(ctx, now.Add(-rememberLost))
		}
		return next.Sub(now), nil
	}
	err = w.tell(ctx, due)
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	w.Told(w.name, err)
	if err == nil {
		return 0, w.db.delivered(ctx, w.name, due)
	}
	pause, wait := w.pauses(failures, due[0].attempts, err)
	givenUp := len(due) == 1 && due[0].attempts+1 >= leastAttempts && now.Sub(due[0].queued) > w.giveUp
	if givenUp {
		w.logger.Error("Something that a sink was to be told is given up", "id", "AS2404", "event", due[0].event, "attempts", due[0].attempts+1, "err", err)
	}
	if put := w.db.putOff(ctx, w.name, due, err.Error(), now.Add(wait), givenUp); put != nil {
		return pause, unavailable(put, "its queue cannot be written")
	}
	return pause, err
}

// pauses returns how long a sink that failed is left alone, and how long what it failed at waits.
func (w worker) pauses(failures, attempts int, err error) (pause, wait time.Duration) {
	pause, wait = w.after(failures), 2*w.after(attempts)
	if l, ok := errors.AsType[*later](err); ok {
		pause = max(pause, min(l.after, time.Hour))
		wait = max(wait, pause)
	}
	return pause, wait
}

// after returns the pause after so many failures.
func (w worker) after(failures int) time.Duration {
	pause := w.FirstPause << min(failures, 20)
	pause = min(max(pause, w.FirstPause), w.LastPause)
	return pause + rand.N(pause/8+1) // those that fell together are not asked together
}

// tell tells what is in deliveries. What was pruned from the journal meanwhile is not told.
func (w worker) tell(ctx context.Context, due []delivery) error {
	ctx, cancel := context.WithTimeout(ctx, tellTimeout)
	defer cancel()
	all, err := w.db.tellings(ctx, due)
	if err != nil || len(all) == 0 {
		return err
	}
	if broken := rules.Contain(func() { err = w.send(ctx, all) }); broken != nil {
		w.logger.Error("A panic in a sink; the others go on", "id", "AS2405", "err", broken)
		return errors.New("a mistake in the service, of which its log says more")
	}
	return err
}
