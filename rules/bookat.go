package rules

import "context"

// BookAt returns the rulebook as it was at a commit, given by its full hash; "" is the empty one before the first commit. The error of a
// commit that is not there is fs.ErrNotExist.
func (a *Applier) BookAt(ctx context.Context, revision string) (*Book, error) {
	return a.bookOf(ctx, revision)
}
