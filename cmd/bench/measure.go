package main

import (
	"math"
	"slices"
	"time"
)

// times are measured durations of one thing.
type times []time.Duration

// quantile returns the smallest duration that the part q of all does not exceed.
func (t times) quantile(q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func (t times) median() time.Duration { return t.quantile(0.5) }

// clock adds how long do takes; not when it fails.
func (t *times) clock(do func() error) error {
	start := time.Now()
	err := do()
	if err == nil {
		*t = append(*t, time.Since(start))
	}
	return err
}
