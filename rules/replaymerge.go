package rules

import "slices"

// merge is a Replay at work: it takes the step from one book to another over to a third.
type merge struct {
	book, from, to *Book
	ruler          string
	edited         map[string]*file // path → what it becomes; nil: it goes
	doomed         []doomed         // rules that go when all others have found their places
	clashes        []clash
}

// doomed is a rule that is to be deleted: one of the group that says just this.
type doomed struct {
	path, group string
	rule        Rule
}

// now returns a file as it is by now; nil when there is none.
func (m *merge) now(path string) *file {
	if f, planned := m.edited[path]; planned {
		return f
	}
	return m.book.file(m.ruler, path)
}

// files returns what the change writes.
func (m *merge) files() map[string][]byte {
	files := map[string][]byte{}
	for path, f := range m.edited {
		switch {
		case sameContent(f, m.book.file(m.ruler, path)):
		case f == nil:
			files[m.book.rulebookPath(Ref{Ruler: m.ruler, Path: path})] = nil
		default:
			files[m.book.rulebookPath(Ref{Ruler: m.ruler, Path: path})] = f.content
		}
	}
	return files
}

// file takes over what happened to one file.
func (m *merge) file(path string) error {
	was, will, now := m.from.file(m.ruler, path), m.to.file(m.ruler, path), m.now(path)
	switch {
	case sameContent(now, was):
		m.edited[path] = will
		return nil
	case sameContent(now, will):
		return nil
	case now != nil && len(now.groups) == 0 || !m.expressible(path, was, will):
		m.clash(clash{at: Ref{Ruler: m.ruler, Path: path}, was: contentOf(was), will: contentOf(will), now: contentOf(now)})
		return nil
	}
	return m.rules(path, was, will)
}

// expressible reports whether what happened to a file is what happened to its rules and groups one by one: their order, and what only
// the file as a whole says, can not be taken over into another version of it.
func (m *merge) expressible(path string, was, will *file) bool {
	if was == nil || will == nil {
		f := was
		if f == nil {
			f = will
		}
		return len(f.groups) > 0
	}
	trial := &merge{book: m.from, from: m.from, to: m.to, ruler: m.ruler, edited: map[string]*file{}}
	if err := trial.rules(path, was, will); err != nil || len(trial.clashes) > 0 {
		return false
	}
	result := trial.now(path)
	return result != nil && slices.EqualFunc(result.groups, will.groups, sameGroup)
}

// rules takes over what happened to the rules of a file.
func (m *merge) rules(path string, was, will *file) error {
	for _, name := range groupNames(will, was) {
		if err := m.group(path, name, was, will); err != nil {
			return err
		}
	}
	for _, d := range m.doomed {
		f := m.now(d.path)
		for i := 0; f != nil && i < len(f.groups); i++ {
			index := slices.IndexFunc(f.groups[i].Rules, func(r placedRule) bool { return sameRule(r.Rule, d.rule) })
			if f.groups[i].Name != d.group || index < 0 {
				continue
			}
			without, err := f.withoutRuleAt(i, index)
			if err != nil {
				return err
			}
			m.edited[d.path] = without
			break
		}
	}
	m.doomed = nil
	return nil
}

// group takes over what happened to one group of a file.
func (m *merge) group(path, name string, was, will *file) error {
	old, wanted := was.group(name), will.group(name)
	home, homeGroup := m.home(path, name, old)
	standing := m.now(home).group(homeGroup)
	pairs, nowPairs := matchRules(old.rules(), wanted.rules()), matchRules(old.rules(), standing.rules())
	if err := m.frame(home, homeGroup, old, wanted, was, will); err != nil {
		return err
	}
	for i, r := range old.rules() {
		at := m.place(home, homeGroup, nowPairs.second(i), r)
		j := pairs.second(i)
		if j < 0 {
			m.remove(old.ref(Ref{Ruler: m.ruler, Path: path, Group: name}, i), r, at)
			continue
		}
		if err := m.replace(old.ref(Ref{Ruler: m.ruler, Path: path, Group: name}, i), step{was, will, name, i, j}, at); err != nil {
			return err
		}
	}
	var added []int
	for j, r := range wanted.rules() {
		if pairs.first(j) < 0 && !m.there(wanted.ref(Ref{Ruler: m.ruler, Path: path, Group: name}, j), r, standing, nowPairs) {
			added = append(added, j)
		}
	}
	return m.add(home, homeGroup, will, name, added)
}

// spot is where a rule stands now.
type spot struct {
	path, group string
	index       int
}

// place returns where a rule stands now, given its place in the group where it should be; index -1 when it is nowhere. A rule that
// is not there may have been moved: it is the only one with its name and fields that stands where none stood before.
func (m *merge) place(path, group string, index int, rule placedRule) spot {
	if index >= 0 {
		return spot{path, group, index}
	}
	found := spot{index: -1}
	for _, e := range m.moved(rule) {
		if found.index >= 0 {
			return spot{index: -1}
		}
		f := m.now(e.Ref.Path)
		for i := range f.group(e.Ref.Group).rules() {
			if f.group(e.Ref.Group).ref(e.Ref.group(), i) == e.Ref {
				found = spot{e.Ref.Path, e.Ref.Group, i}
			}
		}
	}
	return found
}

// moved returns the rules of the newest book that say the same as one of the old book and stand where none stood there.
func (m *merge) moved(rule placedRule) []Entry {
	var moved []Entry
	for _, e := range m.book.named(rule.Name()) {
		if _, stood := m.from.Get(e.Ref); !stood && e.Ref.Ruler == m.ruler && sameRule(e.Rule, rule.Rule) {
			moved = append(moved, e)
		}
	}
	return moved
}

// group returns the address of a rule's group.
func (r Ref) group() Ref { return Ref{Ruler: r.Ruler, Path: r.Path, Group: r.Group} }

// home returns where a group stands now: when it is not where it was, where most of its rules were moved to.
func (m *merge) home(path, name string, old *group) (homePath, homeGroup string) {
	if old == nil || m.now(path).group(name) != nil {
		return path, name
	}
	votes := map[Ref]int{}
	best := Ref{Path: path, Group: name}
	for _, r := range old.Rules {
		for _, e := range m.moved(r) {
			at := e.Ref.group()
			if votes[at]++; votes[at] > votes[best] {
				best = at
			}
		}
	}
	if m.now(best.Path).group(best.Group) == nil {
		return path, name
	}
	return best.Path, best.Group
}
