package rules

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// flight is a change of ours from its commit until its ruler has read it or refused it.
type flight struct {
	request Request
	order   int64     // of the commits of this run
	change  Outcome   // as it was when it was committed: pending
	at      time.Time // when that was
	done    chan struct{}

	brought []Stage // how it came to the ruler; of whoever holds the desk

	// These may be read when done is closed.
	out  Outcome
	err  error             // why the ruler has not read it; nil when it has
	seen map[Ref]time.Time // families → the evaluations before the change
}

// depart is steps 7 and 8: it commits a change, and has it brought to its ruler together with all others that are committed by then. What
// is about paused rules alone has arrived with its commit. An error means that nothing was committed.
func (a *Applier) depart(ctx context.Context, d *desk, req Request, intent Intent, draft planned) (*flight, error) {
	start := a.Now()
	if err := d.share(ctx); err != nil {
		return nil, err
	}
	defer d.committing.Release(1)
	done, err := a.commit(ctx, req, intent, draft)
	if err != nil {
		return nil, err
	}
	f := &flight{request: req, order: done.order, at: a.Now(), done: make(chan struct{}), change: Outcome{
		Result: Success, Action: intent.Action(), Why: done.change.Reason, Ruler: d.name, Revision: done.revision,
		Refs: done.change.Refs, Diff: done.before.Diff(done.change), Fields: fieldChanges(done.before, done.after, done.change.Refs), State: Pending, Continuity: draft.foretold, Settings: done.settings(), Findings: slices.Concat(done.findings, draft.examined),
		Stages:    append(draft.stages, a.stage(StepCommitted, start, nil)),
		Templates: templatesOf(done.after, done.change.Refs), Accepted: newlyAccepted(done.before, done.after, done.change.Refs),
	}}
	if done.pushed > 0 {
		f.change.Stages = append(f.change.Stages, Stage{Name: StagePushed, Took: done.pushed})
	}
	if done.change.pausedOnly() {
		f.change.State = PausedState
		if a.outside.lending.Load() != nil { // the next command is to find what this one took in force; an error is the next reconciliation's business
			_, _ = a.applied(ctx)
		}
		return f, nil
	}
	d.mu.Lock()
	d.flying = append(d.flying, f)
	d.mu.Unlock()
	a.behind(ctx, "bring "+d.name, req.ID, func(ctx context.Context) { a.bringDeparted(ctx, d) })
	return f, nil
}

// bringDeparted brings everything that is committed, unless somebody else was faster.
func (a *Applier) bringDeparted(ctx context.Context, d *desk) {
	if d.take(ctx) != nil {
		return
	}
	defer d.leave()
	if flights := d.departed(); len(flights) > 0 {
		var ids []string
		for _, f := range flights {
			ids = append(ids, f.request.ID)
		}
		ctx = withRequestIDs(ctx, ids...)
		_ = a.bringAll(ctx, d, flights) // those who wait for the flights are told, and the next reconciliation tries again
	}
}

// bringAll brings the newest rulebook, unless who was faster did, and ends the flights. The caller holds the desk.
func (a *Applier) bringAll(ctx context.Context, d *desk, flights []*flight) error {
	book, err := a.applied(ctx)
	var undone []Waiting
	if err == nil && d.read != book.Revision() {
		undone, err = a.bring(ctx, d, book, &flights, always)
	} else {
		d.noteStages(flights)
	}
	a.land(ctx, d, flights, err, undone)
	return err
}

// departed takes over the changes that were committed and not brought yet, the oldest first.
func (d *desk) departed() []*flight {
	d.mu.Lock()
	defer d.mu.Unlock()
	flights := d.flying
	d.flying = nil
	slices.SortFunc(flights, func(a, b *flight) int { return cmp.Compare(a.order, b.order) })
	return flights
}

// look notes when the ruler last evaluated what it is about to get otherwise, by its own clock: only an evaluation newer than that belongs
// to a change. It looks at all that differs, not only at the changes that are known: of some that are committed the news may come later.
// A ruler that does not answer has shown nothing, so every evaluation is new.
func (d *desk) look(ctx context.Context, book *Book, flights []*flight) {
	var refs []Ref
	for _, f := range flights {
		refs = append(refs, f.change.Refs...)
	}
	if d.brought != nil {
		for _, path := range changedPaths(d.brought, book, d.name) {
			for _, b := range []*Book{d.brought, book} {
				if f := b.shelf(d.name).get(path); f != nil {
					refs = append(refs, refsOf(f.entries)...)
				}
			}
		}
	}
	if len(refs) == 0 || d.read != "" && d.read == book.Revision() {
		return // nothing is changed: what was seen before still counts
	}
	for _, ref := range refs {
		delete(d.seen, ref.family())
	}
	running, err := d.Running(ctx, groupsOf(refs)...)
	if err != nil {
		return
	}
	const most = 100_000 // families; who is forgotten may be called live by an evaluation that was on its way
	if len(d.seen) > most {
		clear(d.seen)
	}
	for _, r := range running {
		if key := d.family(r); r.LastEvaluation.After(d.seen[key]) {
			d.seen[key] = r.LastEvaluation
		}
	}
}

// seenOf returns when rules were evaluated last before they were changed. The caller holds the desk.
func (d *desk) seenOf(refs []Ref) map[Ref]time.Time {
	seen := map[Ref]time.Time{}
	for _, ref := range refs {
		seen[ref.family()] = d.seen[ref.family()]
	}
	return seen
}

// land ends flights: the ruler has read them, or err says why not; but for those that were undone. Undone changes that waited are settled.
func (a *Applier) land(ctx context.Context, d *desk, flights []*flight, err error, undone []Waiting) {
	for _, f := range flights {
		f.out, f.err, f.seen = f.soFar(), err, d.seenOf(f.change.Refs)
		for _, w := range undone {
			if w.Request.ID == f.request.ID {
				f.out = w.Outcome
			}
		}
		close(f.done)
	}
	for _, w := range undone {
		a.rest(ctx, d, w)
	}
}

// soFar returns the change with all stages that are known of it.
func (f *flight) soFar() Outcome {
	out := f.change
	out.Stages = slices.Concat(out.Stages, f.brought)
	return out
}

// noteStages notes how changes came to the ruler: by what it was last given. The caller holds the desk.
func (d *desk) noteStages(flights []*flight) {
	for _, f := range flights {
		f.brought = d.stages
	}
}

// seeThrough waits until a change is live or refused, or until ctx ends; then it is followed up in the background.
func (a *Applier) seeThrough(ctx context.Context, d *desk, f *flight) Outcome {
	out, brought := a.awaitBrought(ctx, d, f)
	if !brought || out.State == Reverted {
		return out
	}
	out = a.awaitLive(ctx, d, f)
	if out.State.settled() {
		signal(d.changed)
	} else {
		d.wait(Waiting{Request: f.request, Outcome: out, Since: a.Now()})
	}
	return out
}

// awaitBrought waits until a change was brought to its ruler, and reports whether it was. When that takes too long, it is followed up in the
// background.
func (a *Applier) awaitBrought(ctx context.Context, d *desk, f *flight) (out Outcome, brought bool) {
	late := f.change
	select {
	case <-f.done:
		return f.out, true
	case <-ctx.Done():
		late.Reason = d.name + " is still busy with this change and those before it"
	case <-a.ending:
		late.Reason = stoppedBefore
	}
	d.wait(Waiting{Request: f.request, Outcome: late, Since: a.Now()})
	select {
	case <-f.done: // at this very moment: who undid it may have looked for it among the waiting ones before it was there
		if f.out.State == Reverted {
			d.settle(f.request.ID)
			return f.out, true
		}
	default:
	}
	return late, false
}

const stoppedBefore = "the service was stopped before the ruler ran it; the next start follows it up"
