package rules

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// applyPush brings a good push to the rulers whose rules it touched since before, waits until they run it, and tells; was is what was in force.
func (a *Applier) applyPush(ctx context.Context, push ExternalPush, before, was, after *Book, past pastSince) {
	pushed := a.pushedIn(ctx, push, past)
	var wg sync.WaitGroup
	for _, ruler := range after.rulers {
		if len(changedPaths(before, after, ruler.Name)) == 0 {
			continue
		}
		push.Rulers = append(push.Rulers, pushedChange(before, after, ruler.Name, pushed))
	}
	if err := a.noteSince(ctx, &push, after, past); err != nil {
		a.Logger.Warn("What was pushed cannot be told from what was changed here meanwhile; all of it is told", "id", "AS3020", "err", err)
	}
	for i := range push.Rulers {
		change := &push.Rulers[i]
		out := Outcome{Ruler: change.Ruler, Refs: change.refs(), Revision: push.Head, State: Pending}
		out.Fields = fieldChanges(before, after, out.Refs)
		wg.Go(func() {
			if !a.contained("push to "+change.Ruler, "", func() { a.applyExternal(ctx, change, out) }) {
				change.stands(Pending, reasonOf(internalError(change.Ruler)))
			}
		})
	}
	wg.Wait()
	a.contained("lint of a push", "", func() { push.lint(before, after, a.Lint) })
	push.notePausedGone(was, after, past)
	push.notePausedChanged(was, after, past)
	if e := push.Elsewhere; e != nil {
		e.Change, e.Back = push.changed(before, after), a.restorable(ctx, e.From, push.Rulers, after)
	}
	a.External(context.WithoutCancel(ctx), push)
}

// pushedIn returns what tells the rules that were pushed from those that commands changed meanwhile. Where the branch was put elsewhere all of them are: no commit
// says what went, and those of ours that are there now may have come back with it.
func (a *Applier) pushedIn(ctx context.Context, push ExternalPush, past pastSince) func(Ref) bool {
	all := func(Ref) bool { return true }
	if !past.between || push.Elsewhere != nil {
		return all
	}
	families, err := a.familiesOf(ctx, push.Commits)
	if err != nil {
		a.Logger.Warn("What was pushed cannot be told from what was changed here meanwhile; all of it is told", "id", "AS3020", "err", err)
		return all
	}
	return func(ref Ref) bool { return families[ref.family()] }
}

// pushedChange returns what became of those rules of a ruler that were pushed.
func pushedChange(before, after *Book, ruler string, pushed func(Ref) bool) ExternalChange {
	change, came, back := ExternalChange{Ruler: ruler}, map[Ref]Ref{}, map[Ref]bool{}
	went := follow(before, after, ruler).left()
	for from, to := range went {
		back[to] = back[to] || from.Paused() && !to.Paused()
		if to == (Ref{}) || from.Paused() || to.Paused() || !pushed(from) || !pushed(to) {
			delete(went, from)
		} else {
			came[to] = from
		}
	}
	for _, ref := range touched(before, after, ruler) {
		if pushed(ref) {
			_, was := before.Get(ref)
			_, is := after.Get(ref)
			change.Rules = append(change.Rules, PushedRule{Ref: ref, From: came[ref], To: went[ref], New: is && !was && came[ref] == (Ref{}) && !back[ref], Back: back[ref]})
		}
	}
	return change
}

// familiesOf returns which rules commits changed, each by its own files.
func (a *Applier) familiesOf(ctx context.Context, commits []PastCommit) (map[Ref]bool, error) {
	families := map[Ref]bool{}
	for _, c := range commits {
		places := map[string][2]string{} // content id → revision, path
		for _, f := range c.Files {
			places[f.Before], places[f.After] = [2]string{c.Parent, f.Path}, [2]string{c.Revision, f.Path}
		}
		r := NewRebuilder(a.lastBook().Rulers(), a.Service, func(ctx context.Context, id string) ([]byte, error) {
			tree, err := a.Store.At(ctx, places[id][0])
			if err != nil {
				return nil, err
			}
			content, err := tree.Read(places[id][1])
			if errors.Is(err, ErrTooLarge) {
				return nil, nil
			}
			return content, err
		})
		before, after, _, err := r.sides(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, ruler := range after.rulers {
			for _, ref := range touched(before, after, ruler.Name) {
				families[ref.family()] = true
			}
		}
	}
	return families, nil
}

// applyExternal brings the newest rulebook to a ruler, waits until it runs what somebody else changed, and notes how each rule stands there.
func (a *Applier) applyExternal(ctx context.Context, change *ExternalChange, out Outcome) {
	d := a.desks[change.Ruler]
	until, cancel := context.WithTimeout(ctx, a.LiveTimeout)
	defer cancel()
	f := &flight{at: a.Now(), out: out}
	held := a.bringPushed(until, d, f)
	out = a.awaitLive(until, d, f)
	signal(d.changed)
	change.stands(out.State, out.Reason)
	a.standEach(ctx, d, change, f, held)
}

// bringPushed brings the newest rulebook to a ruler for a flight of what somebody else changed, and notes in it why the ruler has not read that. Where
// it is that the ruler refuses files and has read the others, held has those: path → content id; else it is empty.
func (a *Applier) bringPushed(ctx context.Context, d *desk, f *flight) (held map[string]string) {
	if f.err = d.take(ctx); f.err != nil {
		return nil
	}
	defer d.leave()
	f.err = a.bringAll(ctx, d, d.departed())
	f.seen = d.seenOf(f.out.Refs)
	if f.err == nil && slices.ContainsFunc(f.out.Refs, func(ref Ref) bool { return d.held[ref.Path] != "" }) {
		held, f.err = maps.Clone(d.held), d.refusal
	}
	return held
}

// standEach notes how each rule of a push stands, where the ruler can be asked; else they stand as all of them. So do those that the ruler has not
// read: by what it lists a rule may seem live of whose group something else was changed. Only what it runs no more is gone all the same.
func (a *Applier) standEach(ctx context.Context, d *desk, change *ExternalChange, f *flight, held map[string]string) {
	book, err := a.applied(ctx)
	if err != nil {
		return
	}
	for i := range change.Rules {
		_, there := book.Get(change.Rules[i].Ref)
		change.Rules[i].Gone = !there
	}
	running, err := d.runningTogether(ctx, groupsOf(change.refs()))
	if err != nil {
		return
	}
	for i, v := range a.compare(d, book, running, change.refs(), f.seen) {
		rule := &change.Rules[i]
		unread := f.err != nil && (len(held) == 0 || held[v.ref.Path] != "") && !a.mayStillCome(d, []Ref{v.ref}, f.err)
		if gone := rule.Gone && v.state == Live; unread && !gone {
			continue
		}
		if rule.State, rule.Reason = v.state, v.why; v.state == Live && book.paused([]Ref{v.ref}) {
			rule.State = PausedState
		}
	}
}

// stands notes how the push stands at the ruler, and each of its rules with it.
func (c *ExternalChange) stands(state State, reason string) {
	c.State, c.Reason = state, reason
	for i := range c.Rules {
		c.Rules[i].State, c.Rules[i].Reason = state, reason
	}
}

// refs returns the rules that the push touched.
func (c *ExternalChange) refs() []Ref {
	refs := make([]Ref, len(c.Rules))
	for i, r := range c.Rules {
		refs[i] = r.Ref
	}
	return refs
}
