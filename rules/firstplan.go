package rules

import (
	"context"
	"errors"
)

// errStands ends an update that was to plan and no more.
var errStands = errors.New("the plan stands")

// firstPlan plans an intent against the rulebook as it is known here, so that a mistake is told at once. What is not there, or in the way, may be
// otherwise on the Git server, where another replica may have changed it: then Store.Update decides, which asks the server where the rulebook
// is kept there.
func (a *Applier) firstPlan(ctx context.Context, intent Intent) (planned, error) {
	book, err := a.newest(ctx)
	if err != nil {
		return planned{}, err
	}
	p, err := a.planAndLint(a.lend(book), intent)
	if kind := KindOf(err); err == nil || kind != NotFound && kind != Conflict {
		return p, err
	}
	_, err = a.Store.Update(ctx, func(tree Tree) (Commit, error) {
		book, err := a.bookAt(tree)
		if err == nil {
			p, err = a.planAndLint(a.lend(book), intent)
		}
		if err == nil {
			err = errStands
		}
		return Commit{}, err
	})
	if errors.Is(err, errStands) {
		err = nil
	}
	return p, err
}
