package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// measureCheck measures the check of the whole tree: with nothing known, and with the verdicts of before when one file has changed. Ours
// reads the files out of Git, theirs out of a worktree.
func measureCheck(ctx context.Context, l *lab) ([]result, error) {
	person, err := newPerson(ctx, l, large)
	if err != nil {
		return nil, err
	}
	dir, err := l.bare(ctx, large)
	if err != nil {
		return nil, err
	}
	var cold, remembered, theirs times
	for range 4 {
		book, err := checkCold(ctx, dir, &cold)
		if err != nil {
			return nil, err
		}
		if err := checkAgain(book, &remembered); err != nil {
			return nil, err
		}
		if err := theirs.clock(func() error { return person.check(ctx) }); err != nil {
			return nil, err
		}
	}
	return []result{
		faster("check-cold", "check of the whole tree, nothing known; promtool", cold.median(), theirs.median(), 3),
		faster("check-remembered", "check of the whole tree, one file changed; promtool", remembered.median(), theirs.median(), 100),
	}, nil
}

// checkCold opens the rulebook and checks all of it.
func checkCold(ctx context.Context, dir string, taken *times) (book *rules.Book, err error) {
	err = taken.clock(func() (err error) {
		store, err := gitsync.Open(ctx, gitsync.Options{Dir: dir})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, store.Close()) }()
		tree, err := store.Head(ctx)
		if err != nil {
			return err
		}
		if book, err = rules.NewBook([]rules.RulerInfo{{Name: ruler, Dialect: expr.PromQL, Dir: ruler}}).At(tree); err != nil {
			return err
		}
		if found := book.Problems(); len(found) > 0 {
			return fmt.Errorf("the rulebook has %d problems, the first: %+v", len(found), found[0])
		}
		if n := len(book.RuleFiles(ruler)); n != large.directories*large.files {
			return fmt.Errorf("%d rule files were checked", n)
		}
		return nil
	})
	return book, err
}

// checkAgain changes one file at a time and checks the whole tree.
func checkAgain(book *rules.Book, taken *times) error {
	for i, file := range book.RuleFiles(ruler)[:100] {
		changed := map[string][]byte{ruler + "/" + file.Path: tuned(file.Content, i)}
		if err := taken.clock(func() error { return book.With(changed).Check(ruler, book) }); err != nil {
			return err
		}
	}
	return nil
}
