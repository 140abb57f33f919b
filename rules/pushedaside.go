package rules

import (
	"cmp"
	"slices"
)

// notePausedGone adds the paused rules that a push took away from what was in force, and no command: their rulers have nothing to do with that.
func (p *ExternalPush) notePausedGone(before, after *Book, past pastSince) {
	left := map[string]map[Ref]Ref{} // ruler → where its rules went
	for _, was := range before.Paused() {
		if p.Elsewhere == nil && past.ours[was.path] {
			continue
		}
		if left[was.Ref.Ruler] == nil {
			left[was.Ref.Ruler] = follow(before, after, was.Ref.Ruler).left()
		}
		if to, went := left[was.Ref.Ruler][was.entry.Ref]; !went || to != (Ref{}) {
			continue
		}
		if p.Elsewhere == nil {
			p.PausedGone = append(p.PausedGone, PausedGone{before.addressAside(was), cmp.Or(past.left[was.path], p.Good)})
		}
		p.notePaused(PushedRule{Ref: was.entry.Ref, Gone: true, State: PausedState})
	}
}

// notePausedChanged adds the rules that are paused as before, and of whose files a push left something else than what was in force, and no command.
func (p *ExternalPush) notePausedChanged(before, after *Book, past pastSince) {
	for _, is := range after.Paused() {
		was := before.aside[is.path]
		if was == nil || sameAside(before, after, is.path) || p.Elsewhere == nil && past.ours[is.path] {
			continue
		}
		rule := PushedRule{Ref: is.entry.Ref, State: PausedState}
		if was.problem == "" && was.entry.Ref != is.entry.Ref {
			rule.From = was.entry.Ref
		}
		p.notePaused(rule)
	}
}

// notePaused adds a paused rule to those of its ruler.
func (p *ExternalPush) notePaused(rule PushedRule) {
	i := slices.IndexFunc(p.Rulers, func(change ExternalChange) bool { return change.Ruler == rule.Ref.Ruler })
	if i < 0 {
		p.Rulers = append(p.Rulers, ExternalChange{Ruler: rule.Ref.Ruler, State: PausedState})
		i = len(p.Rulers) - 1
	}
	p.Rulers[i].Rules = append(p.Rulers[i].Rules, rule)
}
