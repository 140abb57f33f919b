package rules

import (
	"context"
	"slices"
)

// sincePush tells which change of ours left a rule of a push as it is.
type sincePush struct {
	commits  []PastCommit            // of the push, the oldest first
	own      []PastCommit            // ours, the oldest first
	after    *Book                   // what is applied of both
	at       map[string]*Book        // revision of the push → the rulebook there
	families map[string]map[Ref]bool // revision of ours → the rules that it changed
}

// noteSince notes of the rules of a push which change of ours left them as they are, where they are not as they were pushed: while it was held, or before it was
// looked at, commands changed them too.
func (a *Applier) noteSince(ctx context.Context, push *ExternalPush, after *Book, past pastSince) (err error) {
	if !past.between || push.Elsewhere != nil {
		return nil
	}
	since := sincePush{push.Commits, past.own, after, map[string]*Book{}, map[string]map[Ref]bool{}}
	for _, change := range push.Rulers {
		for i, rule := range change.Rules {
			if change.Rules[i].By, err = a.changedBy(ctx, since, rule.Ref); err != nil {
				return err
			}
		}
	}
	return nil
}

// changedBy returns whose change left a rule otherwise than it was pushed; zero where it is as it was pushed.
func (a *Applier) changedBy(ctx context.Context, s sincePush, ref Ref) (by Request, err error) {
	path := s.after.rulebookPath(ref)
	last := lastTouching(s.commits, path)
	if last < 0 {
		return by, nil
	}
	revision := s.commits[last].Revision
	if s.at[revision] == nil {
		if s.at[revision], err = a.bookOf(ctx, revision); err != nil {
			return by, err
		}
	}
	if !s.after.changedSince(s.at[revision], []Ref{ref}) {
		return by, nil
	}
	for _, c := range slices.Backward(s.own) {
		if !c.touches(path) {
			continue
		}
		if s.families[c.Revision] == nil {
			if s.families[c.Revision], err = a.familiesOf(ctx, []PastCommit{c}); err != nil {
				return by, err
			}
		}
		if s.families[c.Revision][ref.family()] {
			return requestOf(c, a.Service), nil
		}
	}
	return by, nil
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
