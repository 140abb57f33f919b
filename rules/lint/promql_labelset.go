package lint

import (
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// labelSet is what an expression tells of the labels on the series of its result, the metric name aside. Its zero value knows nothing.
type labelSet struct {
	sure   map[string]bool // on every series
	closed bool            // there are no labels but named
	named  map[string]bool // closed: those that a series can have; else those that none has
	passed matchers        // every series passes them; a label that it has not is ""
}

type matchers []*labels.Matcher

// without returns the matchers of other labels. It does not change m.
func (m matchers) without(names ...string) matchers {
	if !slices.ContainsFunc(m, func(m *labels.Matcher) bool { return slices.Contains(names, m.Name) }) {
		return m
	}
	return slices.DeleteFunc(slices.Clone(m), func(m *labels.Matcher) bool { return slices.Contains(names, m.Name) })
}

// of returns the matchers of some labels. It does not change m.
func (m matchers) of(names ...string) matchers {
	return slices.DeleteFunc(slices.Clone(m), func(m *labels.Matcher) bool { return !slices.Contains(names, m.Name) })
}

// can reports whether a series of the result can have a label.
func (l labelSet) can(name string) bool { return l.named[name] == l.closed }

// has reports whether every series of the result has a label.
func (l labelSet) has(name string) bool { return l.sure[name] }

// empty reports whether the result's series have no label at all: there is at most one.
func (l labelSet) empty() bool { return l.closed && len(l.named) == 0 }

// none is a result without labels.
func none() labelSet { return labelSet{closed: true} }

// with returns the set with a label that a series can have now; sure when all have it.
func (l labelSet) with(name string, sure bool) labelSet {
	l.sure, l.named = maps.Clone(l.sure), maps.Clone(l.named)
	if l.closed {
		put(&l.named, name)
	} else {
		delete(l.named, name)
	}
	delete(l.sure, name)
	if sure {
		put(&l.sure, name)
	}
	l.passed = l.passed.without(name)
	return l
}

// without returns the set without labels.
func (l labelSet) without(names ...string) labelSet {
	l.sure, l.named = maps.Clone(l.sure), maps.Clone(l.named)
	for _, name := range names {
		delete(l.sure, name)
		if l.closed {
			delete(l.named, name)
		} else {
			put(&l.named, name)
		}
	}
	l.passed = l.passed.without(names...)
	return l
}

// only returns the set with no labels but those of names that it has.
func (l labelSet) only(names ...string) labelSet {
	kept := none()
	for _, name := range names {
		if l.can(name) {
			kept = kept.with(name, l.has(name))
		}
	}
	kept.passed = l.passed.of(names...)
	return kept
}

// both returns the labels of series whose labels are the same in two sets: what one cannot have the other has not, what one has both have.
func both(a, b labelSet) labelSet {
	if !a.closed && b.closed {
		a, b = b, a
	}
	merged := labelSet{closed: a.closed, passed: slices.Concat(a.passed, b.passed)}
	for name := range a.named {
		if !a.closed || b.can(name) {
			put(&merged.named, name)
		}
	}
	if !a.closed {
		for name := range b.named {
			put(&merged.named, name)
		}
	}
	for _, set := range []labelSet{a, b} {
		for name := range set.sure {
			if merged.can(name) {
				put(&merged.sure, name)
			}
		}
	}
	return merged
}

// either returns the labels of series of which each is from one of two sets.
func either(a, b labelSet) labelSet {
	if a.closed && !b.closed {
		a, b = b, a
	}
	merged := labelSet{closed: a.closed}
	for name := range a.named {
		if a.closed || !b.can(name) {
			put(&merged.named, name)
		}
	}
	if a.closed {
		for name := range b.named {
			put(&merged.named, name)
		}
	}
	for name := range a.sure {
		if b.has(name) {
			put(&merged.sure, name)
		}
	}
	for _, m := range a.passed {
		if slices.ContainsFunc(b.passed, func(other *labels.Matcher) bool { return other.String() == m.String() }) {
			merged.passed = append(merged.passed, m)
		}
	}
	return merged
}

func put(set *map[string]bool, name string) {
	if *set == nil {
		*set = map[string]bool{}
	}
	(*set)[name] = true
}
