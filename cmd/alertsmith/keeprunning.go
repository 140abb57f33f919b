package main

import (
	"context"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// afterPanic is how long a job that panicked rests before it is begun again.
const afterPanic = 10 * time.Second

// keepRunning runs a job of the service until ctx ends, or it returns. One that panics is begun again after a while: it ends nothing else.
func (s *service) keepRunning(ctx context.Context, job string, run func(context.Context)) {
	for ctx.Err() == nil {
		err := rules.Contain(func() { run(ctx) })
		if err == nil {
			return
		}
		s.logger.Error("A panic behind the commands; the service goes on", "id", "AS5105", "job", job, "again_in", afterPanic, "err", err)
		s.metrics.panicked(job)
		select {
		case <-ctx.Done():
		case <-time.After(afterPanic):
		}
	}
}
