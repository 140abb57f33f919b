package rules

import (
	"cmp"
	"slices"
)

// maxPushLinted is how many rules of one push are linted.
const maxPushLinted = 1000

// lint notes what lint finds in the rules that a push added or changed, and did not find there before, wherever they stood: the ruler takes them all the same,
// and nobody was asked. Errors come first.
func (p *ExternalPush) lint(before, after *Book, lint func(before, after *Book, refs []Ref) []Finding) {
	var refs, were []Ref
	from := map[Ref]Ref{}
	for _, change := range p.Rulers {
		for _, rule := range change.Rules {
			if _, there := after.Get(rule.Ref); !there {
				continue
			}
			if len(refs) == maxPushLinted {
				p.Unlinted++
				continue
			}
			if refs = append(refs, rule.Ref); rule.From != (Ref{}) {
				from[rule.Ref], were = rule.From, append(were, rule.From)
			}
		}
	}
	if len(refs) == 0 {
		return
	}
	type same struct {
		ref         Ref
		check, text string
	}
	known := map[same]bool{}
	if len(were) > 0 {
		for _, f := range lint(NewBook(before.rulers), before, were) {
			known[same{f.Ref, f.Check, f.Text}] = true
		}
	}
	p.Findings = slices.DeleteFunc(lint(before, after, refs), func(f Finding) bool {
		was, moved := from[f.Ref]
		return f.Severity == SeverityInfo || moved && known[same{was, f.Check, f.Text}]
	})
	slices.SortStableFunc(p.Findings, func(a, b Finding) int {
		return cmp.Compare(b.Severity.weight(), a.Severity.weight())
	})
	if len(p.Findings) == 0 {
		return
	}
	if i := slices.IndexFunc(refs, p.Findings[0].about); i >= 0 {
		p.Worst = after.Address(refs[i])
	}
}

// about reports whether a finding is about a rule, or about its group.
func (f Finding) about(ref Ref) bool {
	return f.Ref == ref || f.Ref.Name == "" && f.Ref.group() == ref.group()
}

// weight is greater for what is worse.
func (s Severity) weight() int {
	return slices.Index([]Severity{SeverityInfo, SeverityWarning, SeverityError}, s)
}

// found returns what lint found in some rules of a push, or in their groups.
func (p ExternalPush) found(refs []Ref) (found []Finding) {
	if len(p.Findings) == 0 {
		return nil
	}
	about := map[Ref]bool{}
	for _, ref := range refs {
		about[ref], about[ref.group()] = true, true
	}
	for _, f := range p.Findings {
		at := f.Ref
		if at.Name == "" {
			at = at.group()
		}
		if about[at] {
			found = append(found, f)
		}
	}
	return found
}
