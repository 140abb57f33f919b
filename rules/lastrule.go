package rules

import (
	"slices"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// takesMore returns why the only rule that is read of a file cannot be taken out of it with the file itself: more is wrong there than that rule, such as a second
// YAML document that no ruler reads, so what would go with it is more than what was asked for, and no command could put it back. nil where it can be. path is
// the file's in the rulebook. Errors are *Error.
func (f *file) takesMore(ruler, path string, groupIndex, ruleIndex int) error {
	if len(f.problems) == 0 {
		return nil
	}
	rest := f.restProblems(groupIndex, ruleIndex)
	if len(rest) == 0 {
		return nil
	}
	p := f.problems[max(0, slices.IndexFunc(f.problems, func(p expr.Problem) bool { return p.Text == rest[0].Text }))]
	name := f.groups[groupIndex].Rules[ruleIndex].Name()
	return inNeedOfMending(ruler, Problem{Path: path, Line: p.Line, Column: p.Column, Text: p.Text},
		"%q is the last rule that is read of that file, so all else in it would go with it, and no command could put that back.", name)
}

// restProblems returns what is wrong with a file besides one of its rules: it is checked as it is without that, with all that stands behind its first document.
func (f *file) restProblems(groupIndex, ruleIndex int) []expr.Problem {
	d, err := readDocument(f.content) // of its own, as it is changed
	if err != nil || d.root == nil {
		return f.problems
	}
	behind := d.text[d.starts[d.end()]:]
	list := resolve(d.ruleList(groupIndex).node)
	if list == nil {
		return f.problems
	}
	list.Content = slices.Delete(list.Content, ruleIndex, ruleIndex+1)
	if rest := encode(d.root); rest != nil {
		return f.dialect.CheckFile(slices.Concat(rest, behind))
	}
	return f.problems
}

// inNeedOfMending is the error about a change that a file does not allow while something is wrong with it; the rest says why. Where the file is held, Applier says
// whose push that is for.
func inNeedOfMending(ruler string, p Problem, format string, args ...any) *Error {
	e := conflict("name", "%s would not take %s: %s "+format+" Mend that file first, with Git.",
		append([]any{ruler, place(p), sentence(p.Text)}, args...)...)
	e.Cause = InTheWay{p.Path}
	return e
}

// comesBack returns why a rule that is taken out of a file for a while could not be put back: the file is not good as it is, and would be so again. nil where it
// could. Errors are *Error.
func (b *Book) comesBack(ref Ref) error {
	f := b.shelf(ref.Ruler).get(ref.Path)
	if f == nil || len(f.bad) == 0 {
		return nil
	}
	e := inNeedOfMending(ref.Ruler, f.bad[0], "So %q could not be resumed after a pause.", ref.Name)
	e.Kind, e.Problems, e.Cause = Invalid, f.bad, nil
	return e
}
