package rules

import (
	"context"
	"sync"
)

// applyPush brings a good push to the rulers whose rules it touched, waits until they run it, and tells.
func (a *Applier) applyPush(ctx context.Context, push ExternalPush, before, after *Book) {
	var wg sync.WaitGroup
	for _, ruler := range after.rulers {
		if len(changedPaths(before, after, ruler.Name)) > 0 {
			push.Rulers = append(push.Rulers, ExternalChange{Ruler: ruler.Name, Refs: touched(before, after, ruler.Name)})
		}
	}
	for i := range push.Rulers {
		change := &push.Rulers[i]
		wg.Go(func() {
			if !a.contained("push to "+change.Ruler, "", func() { change.State, change.Reason = a.applyExternal(ctx, change, push.Head) }) {
				change.State, change.Reason = Pending, reasonOf(internalError(change.Ruler))
			}
		})
	}
	wg.Wait()
	a.External(context.WithoutCancel(ctx), push)
}

// applyExternal brings the newest rulebook to a ruler, and waits until it runs what somebody else changed.
func (a *Applier) applyExternal(ctx context.Context, change *ExternalChange, revision string) (State, string) {
	d := a.desks[change.Ruler]
	ctx, cancel := context.WithTimeout(ctx, a.LiveTimeout)
	defer cancel()
	f := &flight{at: a.Now(), out: Outcome{Ruler: d.name, Refs: change.Refs, Revision: revision, State: Pending}}
	if f.err = d.take(ctx); f.err == nil {
		f.err = a.bringAll(ctx, d, d.departed())
		f.seen = d.seenOf(change.Refs)
		d.leave()
	}
	out := a.awaitLive(ctx, d, f)
	signal(d.changed)
	return out.State, out.Reason
}
