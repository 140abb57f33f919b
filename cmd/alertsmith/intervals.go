package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// How long after one question for their intervals the rulers are asked again: when all of them answered, and when one did not.
const (
	intervalsEvery = 10 * time.Minute
	intervalsSoon  = 30 * time.Second
)

// linting lints by how often the rulers evaluate by their own configurations, as far as they told it when they were asked last. The settings of
// the lint come after that.
type linting struct {
	rulers   []rules.Ruler
	settings lint.Settings
	logger   *slog.Logger
	known    []time.Duration // of each ruler; 0 while it never told
	silent   []bool          // rulers that did not tell it when they were asked last
	now      atomic.Pointer[lint.Linter]
}

// newLinting asks the rulers once. An error says what is wrong with the settings.
func newLinting(ctx context.Context, rulers []rules.Ruler, settings lint.Settings, logger *slog.Logger) (*linting, error) {
	l := &linting{rulers: rulers, settings: settings, logger: logger, known: make([]time.Duration, len(rulers)), silent: make([]bool, len(rulers))}
	_, err := l.ask(ctx)
	return l, err
}

// Change is lint.Linter.Change.
func (l *linting) Change(before, after *rules.Book, refs []rules.Ref) []rules.Finding {
	return l.now.Load().Change(before, after, refs)
}

// Lint is lint.Linter.Lint.
func (l *linting) Lint(book *rules.Book, entries []rules.Entry) []rules.Finding {
	return l.now.Load().Lint(book, entries)
}

// follow asks the rulers again and again, until ctx ends: another configuration makes another interval, and who was away comes back.
func (l *linting) follow(ctx context.Context) {
	for {
		pause := intervalsEvery
		if slices.Contains(l.silent, true) {
			pause = intervalsSoon
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		if again, err := l.ask(ctx); again || err != nil {
			l.logger.Info("The lint goes by other evaluation intervals now", "intervals", l.known, "err", err)
		}
	}
}

// ask asks all rulers at once, and has what they say in force. A ruler that does not answer evaluates as often as it said last. It reports whether
// anything is otherwise than before.
func (l *linting) ask(ctx context.Context) (changed bool, err error) {
	told := slices.Clone(l.known)
	var asked sync.WaitGroup
	for i, r := range l.rulers {
		asked.Go(func() {
			interval, err := ruler.EvaluationInterval(ctx, r)
			if was := l.silent[i]; err != nil && !was {
				l.logger.Info("The ruler does not tell how often it evaluates; the lint goes by what it told last, or by its own setting", "ruler", r.Info().Name, "err", err)
			}
			if l.silent[i] = err != nil; err == nil {
				told[i] = interval
			}
		})
	}
	asked.Wait()
	if l.now.Load() != nil && slices.Equal(told, l.known) {
		return false, nil
	}
	scopes := make(lint.Settings, len(l.rulers))
	for i, r := range l.rulers {
		scopes[i] = lint.Scope{Rulers: []string{r.Info().Name}, Interval: told[i]}
	}
	linter, err := lint.New(slices.Concat(scopes, l.settings), time.Now)
	if err != nil {
		return false, err
	}
	l.known = told
	l.now.Store(linter)
	return true, nil
}

// named returns the ruler of a name, which is one of the service's.
func named(rulers []rules.Ruler, name string) rules.Ruler {
	return rulers[slices.IndexFunc(rulers, func(r rules.Ruler) bool { return r.Info().Name == name })]
}

// evaluationInterval asks the ruler of a name how often it evaluates the groups that do not say it, now.
func evaluationInterval(rulers []rules.Ruler) func(ctx context.Context, name string) (time.Duration, error) {
	return func(ctx context.Context, name string) (time.Duration, error) {
		return ruler.EvaluationInterval(ctx, named(rulers, name))
	}
}

// configRead asks the ruler of a name when it last read its rule files, now.
func configRead(rulers []rules.Ruler) func(ctx context.Context, name string) (time.Time, error) {
	return func(ctx context.Context, name string) (time.Time, error) {
		return ruler.ConfigRead(ctx, named(rulers, name))
	}
}
