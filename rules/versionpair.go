package rules

import (
	"maps"
	"slices"
	"strings"
	"unicode"
)

// kinship is one reason to take a rule that is gone from one place and a rule that came to another for the same rule.
type kinship struct {
	key   func(at Ref, says string) Ref // which rules come together: those with equal keys
	alike float64                       // 0: what they say is part of the key, or does not matter; else how much of it they must share, at most 1
}

// kinships are tried one after the other, the strongest first. A key's Name also holds what the rule says, where that has to be the same.
var kinships = []kinship{
	{func(r Ref, says string) Ref { return Ref{r.Ruler, r.Path, r.Group, r.Name + "\n" + says, 0} }, 0}, // others of its name in its group came or went
	{func(r Ref, _ string) Ref { return r }, 0},
	{func(r Ref, says string) Ref { return Ref{r.Ruler, r.Path, "", r.Name + "\n" + says, 0} }, 0},  // its group was renamed, or it went to another
	{func(r Ref, says string) Ref { return Ref{r.Ruler, r.Path, r.Group, "\n" + says, 0} }, 0},      // it was renamed
	{func(r Ref, says string) Ref { return Ref{r.Ruler, "", r.Group, r.Name + "\n" + says, 0} }, 0}, // its file was renamed
	{func(r Ref, says string) Ref { return Ref{r.Ruler, "", "", r.Name + "\n" + says, 0} }, 0},
	{func(r Ref, says string) Ref { return Ref{"", "", "", r.Name + "\n" + says, 0} }, 0}, // it went to another ruler
	{func(r Ref, says string) Ref { return Ref{r.Ruler, r.Path, "", "\n" + says, 0} }, 0},
	{func(r Ref, says string) Ref { return Ref{r.Ruler, "", r.Group, "\n" + says, 0} }, 0},
	{func(r Ref, _ string) Ref { return Ref{r.Ruler, r.Path, "", r.Name, 0} }, 0.5},
	{func(r Ref, _ string) Ref { return Ref{r.Ruler, "", r.Group, r.Name, 0} }, 0.5},
	{func(r Ref, _ string) Ref { return Ref{r.Ruler, "", "", r.Name, 0} }, 0.5},
	{func(r Ref, _ string) Ref { return Ref{r.Ruler, r.Path, r.Group, "", 0} }, 0.7},
}

// maxComparisons is how many pairs of rules are compared word by word for one commit: a tenth of a second worth.
const maxComparisons = 20_000

// pairUp returns for rules that are there where they came from: of those that were there, each goes to one at most.
func pairUp(was, is map[Ref]pastRule) (from map[Ref]Ref) {
	from = map[Ref]Ref{}
	gone, came := slices.SortedFunc(maps.Keys(was), compareRefs), slices.SortedFunc(maps.Keys(is), compareRefs)
	comparisons := maxComparisons
	for _, k := range kinships {
		if len(gone) == 0 || len(came) == 0 {
			break
		}
		waiting := map[Ref][]Ref{}
		for _, ref := range gone {
			key := k.key(ref, was[ref].says)
			waiting[key] = append(waiting[key], ref)
		}
		went := map[Ref]bool{}
		for _, ref := range came {
			key := k.key(ref, is[ref].says)
			candidates := waiting[key]
			best := min(len(candidates), 1) - 1
			if k.alike > 0 {
				candidates = candidates[:min(len(candidates), comparisons)]
				comparisons -= len(candidates)
				best = mostAlike(candidates, was, is[ref], k.alike)
			}
			if best >= 0 {
				from[ref], went[candidates[best]] = candidates[best], true
				candidates[best] = candidates[0]
				waiting[key] = waiting[key][1:]
			}
		}
		gone = slices.DeleteFunc(gone, func(ref Ref) bool { return went[ref] })
		came = slices.DeleteFunc(came, func(ref Ref) bool { _, known := from[ref]; return known })
	}
	return from
}

// mostAlike returns which of the candidates shares most with a rule; -1 when none shares enough.
func mostAlike(candidates []Ref, was map[Ref]pastRule, is pastRule, enough float64) int {
	best, most := -1, enough
	for i, ref := range candidates {
		if share := alike(was[ref].says, is.says); share > most || share == most && best < 0 {
			best, most = i, share
		}
	}
	return best
}

// alike returns how much of their words two texts share, from 0 to 1.
func alike(a, b string) float64 {
	count := map[string]int{}
	words := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' })
	}
	inA, inB := words(a), words(b)
	for _, word := range inA {
		count[word]++
	}
	shared := 0
	for _, word := range inB {
		if count[word] > 0 {
			count[word]--
			shared++
		}
	}
	if len(inA)+len(inB) == 0 {
		return 1
	}
	return 2 * float64(shared) / float64(len(inA)+len(inB))
}
