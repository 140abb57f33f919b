package rules

import (
	"maps"
	"slices"
)

// strays sees to rules that the step deleted or put elsewhere, and that are not in their places any more: those that say the same are taken from
// where somebody else has put them.
func (m *merge) strays() error {
	left := m.did().left()
	for _, ref := range slices.SortedFunc(maps.Keys(left), compareRefs) {
		if to := left[ref]; to.group() != ref.group() && !m.inPlace(ref) { // one that was renamed is in its group
			m.stray(ref, to)
		}
	}
	return m.deleteDoomed()
}

// inPlace reports whether a rule still stands in its group, whatever it says by now.
func (m *merge) inPlace(ref Ref) bool {
	if ref.Paused() {
		return m.book.aside[ref.Path] != nil
	}
	old, now := m.from.file(m.ruler, ref.Path).group(ref.Group), m.book.file(m.ruler, ref.Path).group(ref.Group)
	pairs := matchRules(old.rules(), now.rules())
	for i := range old.rules() {
		if old.ref(ref.group(), i) == ref {
			return pairs.second(i) >= 0
		}
	}
	return false
}

// stray sees to a rule that the step put to another place; the zero Ref is none.
func (m *merge) stray(ref, to Ref) {
	old, _ := m.from.Get(ref)
	will, moves := m.to.Get(to)
	at, stands, err := m.since().where(ref)
	now, _ := m.book.Get(at)
	there, taken := m.book.Get(to)
	switch {
	case err == nil && !stands && !moves: // somebody else deleted it as well
	case err == nil && stands && at == to: // or moved it there
	case err == nil && !stands && taken && there.says() == will.says():
	case err != nil || !stands || now.says() != old.says() || moves && at.Paused():
		m.clash(clash{at: ref, was: old.Source, will: will.Source, now: now.Source})
	case at.Paused():
		m.unpaused = append(m.unpaused, at.Path)
	default:
		m.doomed = append(m.doomed, doomed{at.Path, at.Group, now.Rule})
	}
}
