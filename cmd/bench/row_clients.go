package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// measureClients measures how many changes a second 16 clients get done at once, beside one client alone.
func measureClients(ctx context.Context, l *lab) ([]result, error) {
	service, err := l.service(ctx, large)
	if err != nil {
		return nil, err
	}
	var alone, together float64
	for round := range 3 {
		for _, clients := range []int{1, 16} {
			rate, err := sustained(ctx, service, clients, fmt.Sprintf("clients-%d-%d", round, clients))
			if err != nil {
				return nil, err
			}
			l.say("%d clients: %.1f changes a second", clients, rate)
			switch {
			case round == 0: // warm
			case clients == 1:
				alone += rate / 2
			default:
				together += rate / 2
			}
		}
	}
	ratio := together / alone
	return []result{{"clients", "sustained changes of 16 clients; of one", perSecond(together), perSecond(alone), fmt.Sprintf("%.2f", ratio), ">= 5x", ratio >= 5}}, nil
}

func perSecond(rate float64) string { return fmt.Sprintf("%.1f/s", rate) }

// sustained returns how many changes a second so many clients get done, each giving the next command when the last was answered.
func sustained(ctx context.Context, service *service, clients int, prefix string) (float64, error) {
	const (
		warm = 500 * time.Millisecond
		long = 4 * time.Second
	)
	begin := time.Now()
	var done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		c := &changes{service: service, shape: large, prefix: fmt.Sprintf("%s-%d", prefix, i), turn: 0}
		group.Go(func() error {
			for time.Since(begin) < warm+long || c.turn%2 == 1 { // no rule is left behind
				if err := c.next(ctx); err != nil {
					return err
				}
				if at := time.Since(begin); at >= warm && at < warm+long {
					done.Add(1)
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return float64(done.Load()) / long.Seconds(), err
}
