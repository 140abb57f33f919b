package rules

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// ask asks the change's ruler, at once, which alerts are active and what it has of what the change's rules read.
func (a *Applier) ask(ctx context.Context, d *desk, intent Intent, p planned) (*Continuity, []Finding) {
	var examined []Finding
	var beside errgroup.Group
	beside.Go(func() error {
		return Contain(func() { examined = a.askAbout(ctx, intent, p) })
	})
	foretold := a.foretell(ctx, d, p)
	if err := beside.Wait(); err != nil {
		panic(err)
	}
	return foretold, examined
}

// askAbout asks the change's ruler what it has of what the change's rules read, where they did not read it before. What is found there refuses
// nothing and is no part of the plan, which must be pure.
func (a *Applier) askAbout(ctx context.Context, intent Intent, p planned) []Finding {
	if bringsBack(intent) {
		return nil
	}
	var entries []Entry
	for _, ref := range p.change.Refs {
		entry, is := p.after.Get(ref)
		before, was := p.before.Get(ref)
		if is && !(was && before.Rule.Expr == entry.Rule.Expr) {
			entries = append(entries, entry)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return a.Examine(ctx, p.change.Ruler, entries)
}
