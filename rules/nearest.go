package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// maxFixes is how many near names an error offers.
const maxFixes = 5

// notFound is the error for an address that no rule has, or none that is not paused.
func (b *Book) notFound(address string) *Error {
	if p, err := b.FindPaused(address); err == nil {
		return &Error{Kind: NotFound, Field: "name", Offset: -1, Text: fmt.Sprintf("The rule %q is paused, so that no ruler has it. Resume it first: resume %s.", p.Ref.Name, Word(address))}
	}
	if b.shown != nil {
		if entry, err := b.shown.Find(address); err == nil && entry.Held {
			return heldBack(b.rulebookPath(entry.Ref), entry.Ref.Name)
		}
	}
	e := &Error{Kind: NotFound, Field: "name", Offset: -1, Text: fmt.Sprintf("There is no rule %q.", address)}
	names := b.names.all()
	last := address[strings.LastIndexByte(address, '/')+1:]
	last, _, _ = strings.Cut(last, "#")
	near := Nearest(last, names)
	if last != address {
		near = append(near, Nearest(address, names)...)
	}
	for _, name := range near {
		for _, entry := range b.named(name) {
			fix := b.Address(entry.Ref)
			if len(e.Fixes) < maxFixes && !slices.Contains(e.Fixes, fix) {
				e.Fixes = append(e.Fixes, fix)
			}
		}
	}
	if len(e.Fixes) == 0 {
		e.Text += " \"list\" shows the names of all rules."
	}
	return e
}

// Nearest returns the candidates that wanted may have been meant for, the nearest first, at most five: case, full-width
// forms and the like do not count, and each letter that has to be changed makes a candidate less likely.
func Nearest(wanted string, candidates []string) []string {
	type scored struct {
		candidate string
		distance  int
	}
	const longest = 200
	if len(wanted) > longest {
		return nil
	}
	folded := []rune(fold(wanted))
	var near []scored
	for _, candidate := range candidates {
		if len(candidate) > longest {
			continue
		}
		other := []rune(fold(candidate))
		limit := max(1, (max(len(folded), len(other))+1)/3)
		distance := editDistance(folded, other)
		if distance > limit && len(folded) >= 3 && strings.Contains(string(other), string(folded)) {
			distance = limit
		}
		if distance <= limit {
			near = append(near, scored{candidate, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b scored) int { return cmp.Compare(a.distance, b.distance) })
	var names []string
	for _, s := range near[:min(len(near), maxFixes)] {
		names = append(names, s.candidate)
	}
	return names
}

// fold brings texts that look or read alike to one form.
func fold(s string) string { return norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))) }

// editDistance returns how many characters have to be inserted, removed, replaced, or swapped with their neighbour, to make b of a.
func editDistance(a, b []rune) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}
