package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
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
	if err := service.awaitVerified(ctx); err != nil {
		return nil, err
	}
	var alone, together float64
	for round := range 3 {
		for _, clients := range []int{1, 16} {
			rate, err := sustained(ctx, l, service, clients, fmt.Sprintf("clients-%d-%d", round, clients))
			if err != nil {
				return nil, err
			}
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
func sustained(ctx context.Context, l *lab, service *service, clients int, prefix string) (float64, error) {
	const (
		warm = 500 * time.Millisecond
		long = 4 * time.Second
	)
	busy, err := service.processorTime()
	if err != nil {
		return 0, err
	}
	begin := time.Now()
	var measured, all atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for i := range clients {
		c := &changes{service: service, shape: large, prefix: fmt.Sprintf("%s-%d", prefix, i)}
		group.Go(func() error {
			for time.Since(begin) < warm+long || c.turn%2 == 1 { // no rule is left behind
				if err := c.next(ctx); err != nil {
					return err
				}
				all.Add(1)
				if at := time.Since(begin); at >= warm && at < warm+long {
					measured.Add(1)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	rate := float64(measured.Load()) / long.Seconds()
	after, err := service.processorTime()
	l.say("%d clients: %.1f changes a second; a change takes the service %s of a processor's time", clients, rate, show((after-busy)/time.Duration(all.Load())))
	return rate, err
}

// processorTime returns how much processor time the process has used.
func (s *service) processorTime() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Process.Pid))
	if err != nil {
		return 0, err
	}
	var user, system int64 // in ticks, of which Linux has 100 a second for every program; the second field is the name in brackets
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0, fmt.Errorf("/proc/PID/stat says %q", stat)
	}
	user, err = strconv.ParseInt(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err = strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / 100, err
}
