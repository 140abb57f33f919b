package rules

import "slices"

// behind returns the place in a group, as it is now, for the j-th rule of another version of it: behind its nearest neighbour above that both
// have, else before the nearest below, else at the end. Where others stand between the two neighbours by now, earlier books tell the order.
func (m *merge) behind(at Ref, wanted []placedRule, j int) int {
	standing := m.now(at.Path).group(at.Group).rules()
	pairs := matchRules(wanted, standing)
	first, end := 0, len(standing)
	for above := j - 1; above >= 0 && first == 0; above-- {
		first = pairs.second(above) + 1
	}
	for below := j + 1; below < len(wanted) && end == len(standing); below++ {
		if place := pairs.second(below); place >= first {
			end = place
		}
	}
	for k := end - 1; k >= first; k-- {
		if m.stood(at, standing[k], wanted[j]) {
			return k + 1
		}
	}
	for k := first; k < end; k++ {
		if m.stood(at, wanted[j], standing[k]) {
			return k
		}
	}
	if first > 0 {
		return first
	}
	return end
}

// stood reports whether one rule stood before another in the group of an earlier book.
func (m *merge) stood(at Ref, before, behind placedRule) bool {
	return slices.ContainsFunc(m.earlier, func(b *Book) bool {
		rules := b.file(m.ruler, at.Path).group(at.Group).rules()
		place := func(r placedRule) int {
			return slices.IndexFunc(rules, func(other placedRule) bool { return other.Name() == r.Name() })
		}
		i, j := place(before), place(behind)
		return i >= 0 && i < j
	})
}

// Newcomers returns the rules that stand by now in the groups to which the undo brings rules back, and stood there neither before the commit nor
// after it. Where they stood beside those once, Earlier tells the order.
func (u Undo) Newcomers(book *Book) (refs []Ref) {
	for _, ruler := range book.rulers {
		for _, path := range changedPaths(u.After, u.Before, ruler.Name) {
			for _, g := range u.Before.file(ruler.Name, path).allGroups() {
				refs = append(refs, newcomers(Ref{Ruler: ruler.Name, Path: path, Group: g.Name}, g.Rules, u.After, book)...)
			}
		}
	}
	return refs
}

// newcomers returns the rules of a group by now that neither its rules of once nor those of a book are, if that book lacks some of those.
func newcomers(at Ref, once []placedRule, after, book *Book) (refs []Ref) {
	left, now := after.file(at.Ruler, at.Path).group(at.Group), book.file(at.Ruler, at.Path).group(at.Group)
	if gone := matchRules(once, left.rules()); len(gone) == len(once) {
		return nil
	}
	known := byName(append(slices.Clip(once), left.rules()...))
	for i, r := range now.rules() {
		if known[r.Name()] == nil {
			refs = append(refs, now.ref(at, i))
		}
	}
	return refs
}

// allGroups returns the groups of a file that may be none.
func (f *file) allGroups() []group {
	if f == nil {
		return nil
	}
	return f.groups
}
