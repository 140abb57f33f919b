package rules

import (
	"fmt"
	"slices"
)

// planAndLint is plan, with what is found in the change's rules that was not found there before. An error among that
// refuses the change, but not one that brings back what was there: nobody is to be kept from undoing. With an error come the stages alone.
func (a *Applier) planAndLint(book *Book, intent Intent) (planned, error) {
	start := a.Now()
	p, err := planOnly(book, intent)
	stages := []Stage{a.stage(StepPlanned, start, err)}
	if err != nil {
		return planned{stages: stages}, err
	}
	start = a.Now()
	if err = p.after.Check(p.change.Ruler, book); err == nil {
		err = a.lint(&p, intent)
	}
	if err == nil && !bringsBack(intent) {
		err = p.lively(a.Now())
	}
	if err == nil {
		err = a.assertAside(p, intent)
	}
	if err == nil {
		err = a.assertWhole(p, bringsBack(intent))
	}
	p.stages = slices.Concat(stages, []Stage{a.stage(StageChecked, start, err)})
	if err != nil {
		return planned{stages: p.stages}, err
	}
	return p, nil
}

// lint notes what is found in the change's rules; an error that is not to be taken refuses it.
func (a *Applier) lint(p *planned, intent Intent) error {
	for _, f := range a.Lint(p.before, p.after, p.change.Refs) {
		if f.Severity == SeverityError && !bringsBack(intent) {
			return f.refusal()
		}
		if f.Severity != SeverityInfo {
			p.findings = append(p.findings, f)
		}
	}
	return nil
}

// bringsBack reports whether an intent writes rules that were there already, here or at a ruler.
func bringsBack(intent Intent) bool {
	switch i := intent.(type) {
	case unlessMoved:
		return bringsBack(i.Intent)
	case Undo, Restore, Resume, Import, Replay:
		return true
	}
	return false
}

// refusal returns the finding as the error that refuses a change.
func (f Finding) refusal() *Error {
	e := &Error{Kind: Invalid, Offset: -1, Text: sentence(fmt.Sprintf("%s: %s", f.Ref.Name, f.Text)) + " " + capital(sentence(f.Why)) +
		fmt.Sprintf(" If it is meant: accept=%s reason=\"…\".", f.Check)}
	if f.End > 0 {
		e.Field, e.Offset = "expr", f.Start
		if f.Fix != "" {
			e.Fixes = []string{f.Fix}
		}
	}
	return e
}

// maxFindingTrailers is how many findings a commit names.
const maxFindingTrailers = 20

// findingTrailers returns what a commit says of what was found in its rules.
func findingTrailers(findings []Finding) (trailers []Trailer) {
	for _, f := range findings[:min(len(findings), maxFindingTrailers)] {
		trailers = append(trailers, Trailer{"Finding", fmt.Sprintf("%s %s: %s: %s", f.Severity, f.Check, f.Ref.Name, f.Text)})
	}
	return slices.Clip(trailers)
}
