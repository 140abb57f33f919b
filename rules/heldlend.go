package rules

import (
	"slices"
	"sync"
)

// lending lends the rulebook's branch the rules that are live in files that are held: whoever asks for one, or gives
// another its name, is to read that its file is held.
type lending struct {
	push    *HeldPush
	inForce *Book // what is live of the files that are held
	files   []heldFile
	aside   []string // of paused rules, by their paths in the rulebook

	mu    sync.Mutex
	of    *Book // the last book that was lent rules
	lent  *Book // what became of it, to be planned with
	shown *Book // and to be shown
}

// lend returns a book of the rulebook's branch to be planned with: files that are gone there, or cannot be read, have the rules that are live of them,
// which nothing can change. It is that book itself where nothing is held.
func (a *Applier) lend(book *Book) *Book {
	lent, _ := a.lendBoth(book)
	return lent
}

// lendBoth also returns the book to be shown: also of files that can be read it has the rules that are live, and those that were pushed besides.
func (a *Applier) lendBoth(book *Book) (lent, shown *Book) {
	l := a.outside.lending.Load()
	if l == nil {
		return book, book
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of != book {
		l.of, l.lent, l.shown = book, book.lent(l, false), book.lent(l, true)
		l.lent.shown = l.shown
	}
	return l.lent, l.shown
}

// lent returns the book with the rules that are live in files that are held, and those paused that are so in force.
func (b *Book) lent(l *lending, shown bool) *Book {
	inForce := l.inForce
	changes := make([]map[string]*file, len(b.rulers))
	for _, at := range l.files {
		is, was := b.shelves[at.ruler].get(at.path).read(), inForce.shelves[at.ruler].get(at.path).read()
		unread := noRuleFile(is)
		if unread && noRuleFile(was) || !unread && !shown {
			continue
		}
		lent := file{lentAt: b.pathIn(at.ruler, at.path), dialect: b.rulers[at.ruler].Dialect}
		if is != nil {
			lent.id, lent.content, lent.problems = is.id, is.content, is.problems
		}
		lent.asksForAlerts = is != nil && is.asksForAlerts || was != nil && was.asksForAlerts
		lent.groups = bothGroups(was.allGroups(), is.allGroups())
		put(changes, at.ruler, at.path, &lent)
	}
	next := b.with(changes).keepingAside(inForce, l.aside)
	next.revision, next.tree, next.mixed, next.branch = b.revision, b.tree, true, b
	return next
}

// bothGroups returns the groups of a file that is held: those that are live, with their rules marked that the branch has otherwise or has not, and,
// marked as pushed, what the branch has besides.
func bothGroups(live, branch []group) []group {
	both := cloneGroups(live)
	for i := range both {
		pushed := groupNamed(branch, both[i].Name)
		for j, r := range both[i].Rules {
			k := pushed.nth(r.Name(), live[i].ref(Ref{}, j).Nth)
			both[i].Rules[j].held = k < 0 || !sameRule(r.Rule, pushed.Rules[k].Rule) || !sameNotes(r, pushed.Rules[k]) || !sameSettings(live[i], *pushed)
		}
	}
	for _, g := range cloneGroups(branch) {
		was := groupNamed(live, g.Name)
		var besides []placedRule
		for j, r := range g.Rules {
			if was.nth(r.Name(), g.ref(Ref{}, j).Nth) < 0 {
				r.pushed = true
				besides = append(besides, r)
			}
		}
		if at := slices.IndexFunc(both, func(b group) bool { return b.Name == g.Name }); at >= 0 {
			both[at].Rules = append(both[at].Rules, besides...)
		} else {
			g.Rules = besides
			both = append(both, g)
		}
	}
	return both
}

// groupNamed returns the first group of a name; nil for none.
func groupNamed(groups []group, name string) *group { return (&file{groups: groups}).group(name) }

// nth returns the place of the nth rule of a name in a group; -1 for none.
func (g *group) nth(name string, nth int) int {
	return slices.IndexFunc(g.rules(), func(r placedRule) bool {
		if r.Name() == name {
			nth--
		}
		return nth == 0
	})
}

// Branch returns what the rulebook's branch says of a rule, in a book whose files may be held: false where it has no such rule.
func (b *Book) Branch(ref Ref) (Entry, bool) { return b.own().Get(ref) }

// inForce returns the book with the rules that are live in place of those that were pushed and are held, which are marked.
func (b *Book) inForce() *Book {
	if b.shown != nil {
		return b.shown
	}
	return b
}

// own returns the book without what it was lent.
func (b *Book) own() *Book {
	if b.branch != nil {
		return b.branch
	}
	return b
}

// own returns the file with what it says itself; nil where it is lent its rules, as it can say nothing.
func (f *file) own() *file {
	if f == nil || f.lentAt != "" {
		return nil
	}
	return f
}

// assertWhole refuses a change that takes a file in force which is held, while a rule that was pushed to it from another one stays live there: it would
// be live twice. A change that brings back what was there is refused too where others that were taken out of that file would go with it.
func (a *Applier) assertWhole(p planned, bringsBack bool) error {
	l := a.outside.lending.Load()
	if l == nil {
		return nil
	}
	moved := map[string]bool{} // names of rules that come to a file with the change, or leave it
	for _, at := range l.files {
		path := p.before.pathIn(at.ruler, at.path)
		if _, changed := p.change.Files[path]; !changed {
			continue
		}
		was, is, will := l.inForce.shelves[at.ruler].get(at.path).names(), p.before.own().shelves[at.ruler].get(at.path).names(), p.after.shelves[at.ruler].get(at.path).names()
		for _, names := range []map[string]bool{is, will} {
			for name := range names {
				moved[name] = moved[name] || !was[name]
			}
		}
		for _, name := range sortedKeys(was) {
			if bringsBack && !is[name] && !will[name] {
				return heldBack(path, name)
			}
		}
	}
	for _, at := range l.files {
		path := p.before.pathIn(at.ruler, at.path)
		if _, changed := p.change.Files[path]; changed {
			continue
		}
		is := p.before.own().shelves[at.ruler].get(at.path).names()
		for name := range l.inForce.shelves[at.ruler].get(at.path).names() {
			if moved[name] && !is[name] {
				return heldBack(path, name)
			}
		}
	}
	return nil
}

// heldBack is the error about a rule that is live by a file which is held, and which the branch has no more there.
func heldBack(path, name string) *Error {
	e := conflict("name", "The rule %q is live as %s has it, which is held.", name, path)
	e.Cause = InTheWay{path}
	return e
}
