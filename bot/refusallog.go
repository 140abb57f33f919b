package bot

import (
	"log/slog"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// RefusalLog logs requests that were refused from whoever sends them: one a second, after a minute's worth at once, so that nobody who may not give
// a command fills a disk with the log. Of those between, the next line says how many they were. It is safe for concurrent use.
type RefusalLog struct {
	logger *slog.Logger
	pace   *rate.Limiter
	unsaid atomic.Int64
}

// NewRefusalLog returns a RefusalLog that writes to logger.
func NewRefusalLog(logger *slog.Logger) *RefusalLog {
	return &RefusalLog{logger: logger, pace: rate.NewLimiter(1, 60)}
}

// Warn logs a refusal, as slog.Logger.Warn does.
func (l *RefusalLog) Warn(message string, args ...any) {
	if !l.pace.Allow() {
		l.unsaid.Add(1)
		return
	}
	if n := l.unsaid.Swap(0); n > 0 {
		args = append(args, "unsaid", n)
	}
	l.logger.Warn(message, args...) //nolint:sloglint // it is a literal where it is called
}
