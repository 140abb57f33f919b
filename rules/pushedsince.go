package rules

import (
	"context"
	"slices"
)

// noteSince notes of the rules of a push which change of ours left them as they are, where they are not as they were pushed: while it was held, or before it was
// looked at, commands changed them too.
func (a *Applier) noteSince(ctx context.Context, push *ExternalPush, after *Book, past pastSince) error {
	if !past.between || push.Elsewhere != nil {
		return nil
	}
	families := map[string]map[Ref]bool{} // of a commit of ours
	books := map[string]*Book{}           // at a commit of the push
	for i := range push.Rulers {
		for j := range push.Rulers[i].Rules {
			rule := &push.Rulers[i].Rules[j]
			path := after.rulebookPath(rule.Ref)
			last := lastTouching(push.Commits, path)
			if last < 0 {
				continue
			}
			revision, err := push.Commits[last].Revision, error(nil)
			if books[revision] == nil {
				if books[revision], err = a.bookOf(ctx, revision); err != nil {
					return err
				}
			}
			if !after.changedSince(books[revision], []Ref{rule.Ref}) {
				continue
			}
			for _, c := range slices.Backward(past.own) {
				if !c.touches(path) {
					continue
				}
				if families[c.Revision] == nil {
					if families[c.Revision], err = a.familiesOf(ctx, []PastCommit{c}); err != nil {
						return err
					}
				}
				if families[c.Revision][rule.Ref.family()] {
					rule.By = requestOf(c, a.Service)
					break
				}
			}
		}
	}
	return nil
}

// lastTouching returns the index of the last commit that changed a file, by its path in the rulebook; -1 for none.
func lastTouching(commits []PastCommit, path string) int {
	for i, c := range slices.Backward(commits) {
		if c.touches(path) {
			return i
		}
	}
	return -1
}
