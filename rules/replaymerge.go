package rules

import (
	"slices"
	"sync"
)

// merge is a Replay at work: it takes the step from one book to another over to a third.
type merge struct {
	book, from, to *Book
	ruler          string
	fields         bool             // of a rule that somebody else changed too, the fields that the step changed are taken over
	earlier        []*Book          // see Replay
	edited         map[string]*file // path → what it becomes; nil: it goes
	unpaused       []string         // the files of paused rules that go with them
	doomed         []doomed         // rules that go when all others have found their places
	clashes        []clash
	did, since     func() course // where rules of the one book stand in the other, and in the newest one
}

func newMerge(book, from, to *Book, ruler string) *merge {
	return &merge{
		book: book, from: from, to: to, ruler: ruler, edited: map[string]*file{},
		did:   sync.OnceValue(func() course { return follow(from, to, ruler) }),
		since: sync.OnceValue(func() course { return follow(from, book, ruler) }),
	}
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
	for _, path := range m.unpaused {
		files[path] = nil
	}
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
	trial := newMerge(m.from, m.from, m.to, m.ruler)
	trial.did = m.did
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
	return m.deleteDoomed()
}

// deleteDoomed deletes the rules that are to be deleted.
func (m *merge) deleteDoomed() error {
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
			if at := (Ref{Ruler: m.ruler, Path: d.path}); without == nil && f.takesMore(m.ruler, m.book.rulebookPath(at), i, index) != nil {
				m.clash(clash{at: at, was: contentOf(m.from.file(m.ruler, d.path)), now: contentOf(f)})
				break
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
	at := Ref{Ruler: m.ruler, Path: path, Group: name}
	stays := home == path && homeGroup == name
	pairs, nowPairs := m.renamed(at, old, wanted), matchRules(old.rules(), standing.rules())
	if err := m.frame(home, homeGroup, old, wanted, was, will); err != nil {
		return err
	}
	for i, r := range old.rules() {
		now := spot{path, name, nowPairs.second(i)}
		inPlace := stays && now.index >= 0
		if !inPlace {
			now = m.place(old.ref(at, i))
		}
		if j := pairs.second(i); j >= 0 {
			if err := m.replace(old.ref(at, i), step{was, will, name, i, j}, now); err != nil {
				return err
			}
		} else if inPlace { // else strays sees to it
			m.remove(old.ref(at, i), r, now)
		}
	}
	var added []int
	for j, r := range wanted.rules() {
		if pairs.first(j) < 0 && !m.there(wanted.ref(at, j), r, standing, nowPairs) {
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

// renamed pairs the rules of a group on either side of the step, also those that have another name there.
func (m *merge) renamed(at Ref, old, wanted *group) pairing {
	pairs := matchRules(old.rules(), wanted.rules())
	for i := range old.rules() {
		if pairs.second(i) >= 0 {
			continue
		}
		to := m.did().went[old.ref(at, i)]
		for j := range wanted.rules() {
			if pairs.first(j) < 0 && wanted.ref(at, j) == to {
				pairs = append(pairs, [2]int{i, j})
			}
		}
	}
	return pairs
}

// place returns where a rule stands that is not in its place any more; index -1 when it is gone, is paused, or cannot be told from others.
func (m *merge) place(ref Ref) spot {
	at, stands, err := m.since().where(ref)
	if err != nil || !stands {
		return spot{index: -1}
	}
	return m.spot(at)
}

// spot returns where the rule at ref stands by now; index -1 when it is gone or paused.
func (m *merge) spot(at Ref) spot {
	g := m.now(at.Path).group(at.Group)
	for i := range g.rules() {
		if g.ref(at.group(), i) == at {
			return spot{at.Path, at.Group, i}
		}
	}
	return spot{index: -1}
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
	for i := range old.Rules {
		if at := m.place(old.ref(Ref{Ruler: m.ruler, Path: path, Group: name}, i)); at.index >= 0 {
			group := Ref{Path: at.path, Group: at.group}
			if votes[group]++; votes[group] > votes[best] {
				best = group
			}
		}
	}
	if m.now(best.Path).group(best.Group) == nil {
		return path, name
	}
	return best.Path, best.Group
}
