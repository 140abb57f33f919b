package main

import (
	"context"
	"log/slog"
	"sync"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
	"github.com/alertsmith/alertsmith/rules/ruler"
)

// intervals returns how often the rulers evaluate by their own configurations, as far as they answer now. The lint's settings come after it.
func intervals(ctx context.Context, rulers []rules.Ruler, logger *slog.Logger) lint.Settings {
	settings := make(lint.Settings, len(rulers))
	var asked sync.WaitGroup
	for i, r := range rulers {
		asked.Go(func() {
			interval, err := ruler.EvaluationInterval(ctx, r)
			if err != nil {
				logger.Info("The ruler does not tell how often it evaluates; the lint goes by its own setting", "ruler", r.Info().Name, "err", err)
			}
			settings[i] = lint.Scope{Rulers: []string{r.Info().Name}, Interval: interval}
		})
	}
	asked.Wait()
	return settings
}
