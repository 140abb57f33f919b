package rules

import (
	"bytes"
	"context"
	"slices"
)

// Released is what a change took in force that somebody else had pushed and that was held, beside what it changed itself. A rule that it changed is
// among that where it was in force and had been pushed otherwise.
type Released struct {
	Commits []PastCommit // that it came with, the oldest first
	Refs    []Ref        // the rules, where they stand now, or stood when they are gone
	Paused  []Paused     // rules that stay paused, but otherwise, as was pushed; of those that it changed, until another time or the like
}

// holding is what is held before a change, and what is applied meanwhile.
type holding struct {
	push   *HeldPush // nil where nothing is
	branch *Book     // the rulebook as it was pushed
	book   *Book
}

// holds returns what is held now.
func (a *Applier) holds(ctx context.Context) holding {
	l := a.outside.lending.Load() // no command waits for an examination
	if l == nil {
		return holding{}
	}
	book, err := a.newest(ctx)
	if err != nil {
		return holding{}
	}
	return holding{l.push, book, book.keeping(l.inForce, l.files).keepingAside(l.inForce, l.aside)}
}

// released returns what a change released of what was held before it; nil for nothing.
func (a *Applier) released(ctx context.Context, was holding, change Outcome) *Released {
	if was.push == nil || change.State == Reverted {
		return nil
	}
	now, err := a.applied(ctx)
	if err != nil {
		return nil
	}
	own := map[Ref]bool{}
	for _, ref := range change.Refs {
		own[ref.family()] = true
	}
	var out Released
	paths := map[string]bool{}
	for _, ruler := range now.rulers {
		for _, ref := range touched(was.book, now, ruler.Name) {
			if _, live := was.book.Get(ref); own[ref.family()] && (!live || !was.branch.changedSince(was.book, []Ref{ref})) {
				continue // the change did that, to what was in force or to what was only pushed
			}
			if path := now.rulebookPath(ref); was.push.holds(path) {
				out.Refs, paths[path] = append(out.Refs, ref), true
			}
		}
	}
	for _, path := range was.push.Paths {
		if p, taken := was.pausedOtherwise(now, path, own); taken {
			out.Paused, paths[path] = append(out.Paused, p), true
		}
	}
	if len(out.Refs)+len(out.Paused) == 0 {
		return nil
	}
	out.Commits = touching(was.push.Commits, paths)
	return &out
}

// pausedOtherwise returns the paused rule that stands at a path now, where its file is what was pushed and not what was in force: of a rule that the change is about,
// what the file says beside it.
func (h holding) pausedOtherwise(now *Book, path string, own map[Ref]bool) (Paused, bool) {
	inForce, pushed, is := h.book.aside[path], h.branch.aside[path], now.aside[path]
	if inForce == nil || pushed == nil || is == nil || inForce.problem+pushed.problem+is.problem != "" {
		return Paused{}, false
	}
	if !own[is.Ref.family()] {
		return is.Paused, sameAside(h.branch, now, path) && !sameAside(h.book, now, path)
	}
	besides := now.besides(is.Paused)
	return is.Paused, bytes.Equal(besides, now.besides(pushed.Paused)) && !bytes.Equal(besides, now.besides(inForce.Paused))
}

// besides returns the file of a paused rule without the rule.
func (b *Book) besides(p Paused) []byte {
	f := b.then(p).file(p.Ref.Ruler, p.Ref.Path)
	p.was, _ = f.withoutRule(f.position(p.Ref)) // nothing where that cannot be told from the rule
	return p.render()
}

// Taken is a change of ours that was planned again on top of a push that is held, and so took in force what was pushed to the files that it changes. Nobody
// could say so when the command was given.
type Taken struct {
	Request  Request
	Revision string // the change's commit by now, full hash
	Released Released
}

// taken returns which changes of ours took something of a held push in force, the oldest first; live is what is applied, before what was.
func (a *Applier) taken(ctx context.Context, push ExternalPush, own []PastCommit, before, live *Book) []Taken {
	pushed, err := a.familiesOf(ctx, push.Commits)
	if err != nil {
		a.Logger.Warn("What was pushed cannot be told from what was changed here meanwhile; nothing of it is told", "id", "AS3022", "err", err)
		return nil
	}
	refs, paths := make([][]Ref, len(own)), make([]map[string]bool, len(own))
	for _, ruler := range live.rulers {
		for _, ref := range touched(before, live, ruler.Name) {
			path := live.rulebookPath(ref)
			last := -1 // who changed the file last
			for i, c := range own {
				if c.touches(path) {
					last = i
				}
			}
			if last >= 0 && pushed[ref.family()] {
				if refs[last] == nil {
					paths[last] = map[string]bool{}
				}
				refs[last], paths[last][path] = append(refs[last], ref), true
			}
		}
	}
	var taken []Taken
	for i, c := range own {
		if refs[i] != nil {
			taken = append(taken, Taken{requestOf(c, a.Service), c.Revision, Released{Commits: touching(push.Commits, paths[i]), Refs: refs[i]}})
		}
	}
	return taken
}

// touching returns those of some commits that changed one of these files, by their paths in the rulebook.
func touching(commits []PastCommit, paths map[string]bool) (found []PastCommit) {
	for _, c := range commits {
		if c.Cut || slices.ContainsFunc(c.Files, func(f PastFile) bool { return paths[f.Path] }) {
			found = append(found, c)
		}
	}
	return found
}

// touches reports whether the commit changed a file, by its path in the rulebook, or may have.
func (c PastCommit) touches(path string) bool {
	return c.Cut || slices.ContainsFunc(c.Files, func(f PastFile) bool { return f.Path == path })
}

// blames reports whether a commit changed a file that the hold is for; false where nothing is held.
func (h *HeldPush) blames(c PastCommit) bool {
	return h != nil && slices.ContainsFunc(h.Problems, func(p Problem) bool { return c.reaches(p.Path) })
}
