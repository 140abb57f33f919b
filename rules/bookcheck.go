package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Check returns nil when every file of the ruler that is wrong in b was wrong, with the same content, in before already;
// else an *Error of kind Invalid that lists every new problem.
func (b *Book) Check(ruler string, before *Book) error {
	var problems []Problem
	for _, path := range changedPaths(before, b, ruler) {
		if f := b.shelf(ruler).get(path); f != nil {
			problems = append(problems, f.bad...)
		}
	}
	if len(problems) == 0 {
		return nil
	}
	text := fmt.Sprintf("%s would not take %s: %s", ruler, place(problems[0]), sentence(problems[0].Text))
	switch more := len(problems) - 1; {
	case more == 1:
		text += " There is 1 more problem."
	case more > 1:
		text += fmt.Sprintf(" There are %d more problems.", more)
	}
	return &Error{Kind: Invalid, Offset: -1, Text: text, Problems: problems}
}

// place returns where a problem is, for a person.
func place(p Problem) string {
	if p.Line == 0 {
		return p.Path
	}
	return fmt.Sprintf("%s, line %d", p.Path, p.Line)
}

// Problems returns what is wrong with any rule file or file of a paused rule, by path and line.
func (b *Book) Problems() []Problem {
	problems := b.asideProblems()
	for _, shelf := range b.shelves {
		for _, f := range shelf {
			problems = append(problems, f.bad...)
		}
	}
	slices.SortStableFunc(problems, func(p, q Problem) int {
		return cmp.Or(strings.Compare(p.Path, q.Path), p.Line-q.Line, p.Column-q.Column)
	})
	return problems
}
