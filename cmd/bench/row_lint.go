package main

import (
	"context"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/lint"
)

// measureLint measures the check of the whole tree with all that is looked for beside, as a person starts both programs; and one changed rule
// among all others, in the books before and after the change, as a command does it.
func measureLint(ctx context.Context, l *lab) ([]result, error) {
	person, err := newPerson(ctx, l, large)
	if err != nil {
		return nil, err
	}
	dir, err := l.bare(ctx, large)
	if err != nil {
		return nil, err
	}
	var ours, theirs, one times
	for range 4 {
		if err := ours.clock(func() error { return person.lint(ctx) }); err != nil {
			return nil, err
		}
		if err := theirs.clock(func() error { return person.check(ctx, "--lint=all") }); err != nil {
			return nil, err
		}
	}
	if err := lintChanges(ctx, dir, &one); err != nil {
		return nil, err
	}
	return []result{
		faster("lint-tree", "check and lint of the whole tree; promtool --lint=all", ours.median(), theirs.median(), 2),
		under("lint-one", "lint of one changed rule among all", one.median(), 5*time.Millisecond),
	}, nil
}

// lintChanges lints one changed rule at a time.
func lintChanges(ctx context.Context, dir string, taken *times) error {
	var unused times
	book, err := checkCold(ctx, dir, &unused)
	if err != nil {
		return err
	}
	linter, err := lint.New(nil, time.Now)
	if err != nil {
		return err
	}
	linter.Lint(book, nil)
	for i, file := range book.RuleFiles(ruler)[:100] {
		content := strings.Replace(string(tuned(file.Content, i)), "expr: ", "expr: 0 < ", 1)
		after := book.With(map[string][]byte{ruler + "/" + file.Path: []byte(content)})
		_, entries, _ := after.File(ruler, file.Path)
		err := taken.clock(func() error {
			linter.Change(book, after, []rules.Ref{entries[0].Ref})
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
