package main

import (
	"fmt"
	"time"
)

// result is one line of the outcome: what was measured, against what, and whether the target is reached.
type result struct {
	name    string
	what    string // for people
	ours    string
	theirs  string
	ratio   string
	target  string
	reached bool
}

// faster is for a target like "100 times as fast as theirs".
func faster(name, what string, ours, theirs time.Duration, least float64) result {
	ratio := float64(theirs) / float64(ours)
	return result{name, what, show(ours), show(theirs), fmt.Sprintf("%.2f", ratio), fmt.Sprintf(">= %gx", least), ratio >= least}
}

// under is for a target like "under 25 ms".
func under(name, what string, ours, limit time.Duration) result {
	return result{name, what, show(ours), "-", "-", "< " + limit.String(), ours < limit}
}

// How much longer something may take with much than with little.
const (
	hardly = 1.5  // where the target says how little it may grow
	flat   = 1.25 // where it may not grow; the rest is noise, and the server's own work
)

// grows is for the target that something takes at most so many times as long with much as with little; the lesser case stands where theirs does.
func grows(name, what string, more, less time.Duration, most float64) result {
	ratio := float64(more) / float64(less)
	return result{name, what, show(more), show(less), fmt.Sprintf("%.2f", ratio), fmt.Sprintf("< %gx", most), ratio < most}
}

// show writes a duration with three digits.
func show(d time.Duration) string {
	for unit := time.Second; unit > 1; unit /= 10 {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
