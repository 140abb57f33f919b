package rules

import (
	"context"
	"maps"
	"slices"
)

// keepingAside returns the book with the files of some paused rules as they are in another one, by their paths in the rulebook.
func (b *Book) keepingAside(inForce *Book, paths []string) *Book {
	if len(paths) == 0 {
		return b
	}
	kept := b.with(nil)
	kept.revision, kept.tree, kept.mixed = b.revision, b.tree, true
	kept.aside = make(map[string]*asideFile, len(b.aside))
	maps.Copy(kept.aside, b.aside)
	for _, path := range paths {
		if kept.aside[path] = inForce.aside[path]; kept.aside[path] == nil {
			delete(kept.aside, path)
		}
	}
	return kept
}

// asideInForce returns the last good state with the files of paused rules that we changed after it and somebody else after us, as we left them.
func (a *Applier) asideInForce(ctx context.Context, p pastSince, good *Book) (*Book, error) {
	now := good
	for path, revision := range p.left {
		if !isPaused(path) || p.ours[path] {
			continue
		}
		then, err := a.bookOf(ctx, revision)
		if err != nil {
			return nil, err
		}
		now = now.keepingAside(then, []string{path})
	}
	return now, nil
}

// heldAside returns the files of paused rules that differ from what was in force, but for those that we touched last: their paths in the rulebook, sorted.
// What is paused stays so, and until when, as what is live stays so.
func (p pastSince) heldAside(inForce, book *Book) (paths []string) {
	for _, path := range slices.Concat(sortedKeys(inForce.aside), sortedKeys(book.aside)) {
		if !p.ours[path] && !sameAside(inForce, book, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// withHeldAside returns the book of the rulebook's branch with the rules paused that are so in force; l is nil where nothing is held.
func (b *Book) withHeldAside(l *lending) *Book {
	if l == nil {
		return b
	}
	return b.keepingAside(l.inForce, l.aside)
}

// asideHeld is the error about a paused rule whose file is held, with the command that takes it in force as it was, given what was pushed in its place.
func (l *lending) asideHeld(path string, pushed *asideFile) *Error {
	e := conflict("name", "The file %s of a paused rule is held.", path)
	e.Cause = InTheWay{path}
	by, was := touching(l.push.Commits, map[string]bool{path: true}), l.inForce.aside[path]
	switch {
	case len(by) == 1 && pushed != nil && pushed.problem == "":
		e.Field, e.Fixes = "", []string{"undo " + ShortRevision(by[0].Revision)}
	case len(by) > 0 && was != nil && was.problem == "":
		e.Field, e.Fixes = "", []string{"restore " + Word(l.inForce.addressAside(was.Paused)+"@"+ShortRevision(by[0].Parent))}
	case len(by) == 1:
		e.Field, e.Fixes = "", []string{"undo " + ShortRevision(by[0].Revision)}
	}
	return e
}

// assertAside refuses a change of a paused rule whose file is held: it would be planned with what is in force, on top of what was pushed. What plans with what
// was pushed itself takes the file in force, as it writes it. A change of the rule file alone is refused where the rule would be live and paused then, or neither.
func (a *Applier) assertAside(p planned, intent Intent) error {
	l := a.outside.lending.Load()
	if l == nil {
		return nil
	}
	plansWithPushed := false
	switch intent.(type) {
	case Replay:
		return nil
	case Undo, Restore:
		plansWithPushed = true
	}
	for _, path := range l.aside {
		was, pushed := l.inForce.aside[path], p.before.own().aside[path]
		_, changed := p.change.Files[path]
		if changed && !plansWithPushed && !sameAside(l.inForce, p.before.own(), path) || !changed && (p.parts(was, was) || p.parts(pushed, was)) {
			return l.asideHeld(path, pushed)
		}
	}
	return nil
}

// parts reports whether a change, which leaves the file of a paused rule, has the rule live where it is paused in force, or in no place where it is not.
func (p planned) parts(aside, inForce *asideFile) bool {
	if aside == nil || aside.problem != "" {
		return false
	}
	_, is := p.after.Get(aside.Ref)
	_, writes := p.change.Files[p.after.rulebookPath(aside.Ref)]
	return writes && (is == (inForce != nil) || slices.Contains(p.change.Refs, aside.Ref))
}
