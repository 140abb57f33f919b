package rules

import (
	"cmp"
	"context"
	"slices"
)

// Staying is what an undo leaves in force of what somebody else pushed and that is held: the change that it takes back had taken that in force, and the
// rulebook's branch had it before that.
type Staying struct {
	Commits []PastCommit // that it came with, the oldest first
	Rules   []StayingRule
}

// StayingRule is a rule that stays as it was pushed.
type StayingRule struct {
	Ref     Ref
	Was     string // a commit that has it as it was live before, full hash; "" where it was not
	Address string // the rule's there; where it was not live before, now; "" where no command puts it back
}

// heldThen is what was held when a commit was made.
type heldThen struct {
	branch *Book // the rulebook as it was pushed
	live   *Book // what was applied of it
	files  []heldFile
	past   pastSince
	good   string // the revision of the last good state
}

// staying returns what an undo has left in force; nil for nothing. What was held and is not any more is in force for another reason.
func (a *Applier) staying(ctx context.Context, undo Undo, out Outcome) *Staying {
	if a.outside.lending.Load() == nil || out.State == Reverted {
		return nil
	}
	now, err := a.applied(ctx)
	if err != nil {
		return nil
	}
	return a.stayingIn(ctx, undo, now)
}

// wouldStay returns what an undo would leave in force that a draft was made of; nil for nothing.
func (a *Applier) wouldStay(ctx context.Context, undo Undo, draft planned) *Staying {
	l := a.outside.lending.Load()
	if l == nil {
		return nil
	}
	after := draft.before.own().With(draft.change.Files)
	if held, err := a.wouldHold(ctx, after, draft.before.Revision()); err != nil || !held {
		return nil
	}
	kept := slices.DeleteFunc(slices.Clone(l.files), func(at heldFile) bool {
		_, changed := draft.change.Files[after.pathIn(at.ruler, at.path)]
		return changed
	})
	return a.stayingIn(ctx, undo, after.keeping(l.inForce, kept))
}

// wouldHold reports whether something is held still when a change, planned on top of a revision, has made the rulebook what it is in a book.
func (a *Applier) wouldHold(ctx context.Context, after *Book, revision string) (bool, error) {
	stray, err := a.Irregular(ctx, revision)
	if err != nil {
		return false, err
	}
	o := &a.outside
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.held != nil && len(newProblems(o.good, after, o.stray, stray)) > 0, nil
}

// stayingIn returns what is in force in a book, of what will be applied or is, as somebody else pushed it, by the change that an undo takes back.
func (a *Applier) stayingIn(ctx context.Context, undo Undo, now *Book) *Staying {
	then, err := a.heldThen(ctx, undo.Commit.Parent)
	if err != nil || len(then.files) == 0 {
		return nil
	}
	var staying Staying
	paths := map[string]bool{}
	for _, at := range then.files {
		path, ruler := now.pathIn(at.ruler, at.path), now.rulers[at.ruler].Name
		if !slices.Contains(changedPaths(undo.Before, undo.After, ruler), at.path) {
			continue // the change left it as it was held
		}
		for _, ref := range touched(then.live, now, ruler) {
			if ref.Path != at.path || now.changedSince(then.branch, []Ref{ref}) {
				continue // not as it was pushed
			}
			rule := StayingRule{Ref: ref}
			if rule.Address = then.live.Address(ref); rule.Address == "" {
				rule.Address = now.Address(ref)
			} else {
				rule.Was = cmp.Or(then.past.left[path], then.good)
			}
			if !now.brings(then.live, rule) {
				rule.Address = ""
			}
			staying.Rules, paths[path] = append(staying.Rules, rule), true
		}
	}
	if len(staying.Rules) == 0 {
		return nil
	}
	staying.Commits = touching(then.past.external, paths)
	return &staying
}

// brings reports whether a command brings a rule back to how it was live before.
func (b *Book) brings(live *Book, rule StayingRule) bool {
	if rule.Was == "" {
		return b.deletes(rule.Ref)
	}
	now := rule.Ref
	if _, there := b.Get(now); !there {
		now = Ref{}
	}
	return b.Restores(live, rule.Ref, now)
}

// heldThen returns what was held at a commit, of what is held now: nothing at one that the last good state leads on from.
func (a *Applier) heldThen(ctx context.Context, revision string) (heldThen, error) {
	o := &a.outside
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.held == nil || o.good == nil {
		return heldThen{}, nil
	}
	then := heldThen{good: o.good.Revision(), past: pastSince{ours: map[string]bool{}, left: map[string]string{}}}
	err := a.Store.Log(ctx, then.good, revision, func(c PastCommit) error { return a.add(ctx, &then.past, c) })
	if err != nil || len(then.past.external) == 0 {
		return then, err
	}
	inForce, err := a.inForce(ctx, then.past)
	if err != nil {
		return then, err
	}
	if then.branch, err = a.bookOf(ctx, revision); err != nil {
		return then, err
	}
	then.files = slices.DeleteFunc(then.past.held(inForce, then.branch), func(at heldFile) bool {
		return lastTouching(then.past.external, then.branch.pathIn(at.ruler, at.path)) < 0
	})
	then.live = then.branch.keeping(inForce, then.files)
	return then, nil
}
