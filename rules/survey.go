package rules

import (
	"context"
	"slices"
)

// survey asks the ruler how every rule stands, notes it, and settles what was waited for. It reports whether all is live.
func (a *Applier) survey(ctx context.Context, d *desk) (well bool, err error) {
	running, err := d.Running(ctx)
	if err != nil {
		return false, err
	}
	return a.surveyed(ctx, d, running, d.waits())
}

// surveyed is the survey of what a ruler answered, and of changes that waited by then.
func (a *Applier) surveyed(ctx context.Context, d *desk, running []RunningRule, waits []Waiting) (well bool, err error) {
	book, err := a.applied(ctx) // read last: it has every change that is waited for, however long the ruler took to answer
	if err != nil {
		return false, err
	}
	verdicts := a.compare(d, book, running, refsOf(book.liveEntries(d.name)), nil)
	var notLive []NotLive
	for _, v := range verdicts {
		if v.state != Live {
			notLive = append(notLive, NotLive{Ref: v.ref, Why: v.why})
		}
	}
	d.note(func(s *RulerStatus) {
		s.LastSeen = a.Now()
		s.Rules, s.Running, s.NotLive = len(verdicts), len(verdicts)-len(notLive), notLive
		s.Files = book.liveFiles(d.name)
		d.counted = book
	})
	for _, w := range waits {
		now := a.stands(ctx, d, book, running, w.Outcome, nil)
		if !now.state.settled() || now.state == Live && w.cutShort() && len(notLive) > 0 {
			continue
		}
		if next := a.nextOf(d, w); next != nil && now.state.InForce() {
			if d.settle(w.Request.ID) {
				next.wait(w)
			}
			continue
		}
		w.Outcome.State, w.Outcome.Reason, w.Outcome.Took = now.state, now.why, a.Now().Sub(w.Since)
		w.Outcome.Stages = append(slices.Clip(w.Outcome.Stages), Stage{StepLive, w.Outcome.Took, !now.state.InForce()})
		a.Logger.Info("A change that waited has come to rest", "ruler", d.name, "request", w.Request.ID, "commit", w.Outcome.Revision, "state", now.state)
		a.rest(ctx, d, w)
	}
	return len(notLive) == 0 && len(d.waits()) == 0, nil
}

// lists reports whether a ruler that answered lists every rule of the book that it is given, evaluated or not.
func (a *Applier) lists(d *desk, book *Book, running []RunningRule) bool {
	for _, v := range a.compare(d, book, running, refsOf(book.liveEntries(d.name)), nil) {
		if _, held := d.held[v.ref.Path]; !v.listed && !held {
			return false
		}
	}
	return true
}

func refsOf(entries []Entry) []Ref {
	refs := make([]Ref, 0, len(entries))
	for _, e := range entries {
		refs = append(refs, e.Ref)
	}
	return refs
}
