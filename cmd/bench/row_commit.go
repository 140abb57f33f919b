package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// commits makes durable commits without any planning: each changes one rule file and a day's page.
type commits struct {
	dir   string
	book  *gitsync.Rulebook
	files []string
	turn  int
}

func (l *lab) commits(ctx context.Context, s shape) (*commits, error) {
	book, dir, err := l.book(ctx, s)
	if err != nil {
		return nil, err
	}
	head, err := book.Head(ctx)
	if err != nil {
		return nil, err
	}
	files, err := head.List(ruler)
	if err != nil {
		return nil, err
	}
	return &commits{dir: dir, book: book, files: slices.Sorted(maps.Keys(files))}, nil
}

// next makes one commit.
func (c *commits) next(ctx context.Context) error {
	c.turn++
	_, err := c.book.Update(ctx, c.plan)
	return err
}

func (c *commits) plan(tree rules.Tree) (rules.Commit, error) {
	path := c.files[c.turn*37%len(c.files)]
	content, err := tree.Read(path)
	if err != nil {
		return rules.Commit{}, err
	}
	page, err := tree.Read(personsPage)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return rules.Commit{}, err
	}
	return rules.Commit{
		Author: rules.Person{ID: "bench"}, When: historyEnd.Add(time.Duration(c.turn) * time.Second), Subject: "edit a rule",
		Trailers: []rules.Trailer{{Key: "Request-Id", Value: fmt.Sprintf("bench%d", c.turn)}},
		Files:    map[string][]byte{path: tuned(content, c.turn), personsPage: entry(page, c.turn, path)},
	}, nil
}

// measureCommit measures the durable commit alone, beside `git add` and `git commit` that are told to be as durable.
func measureCommit(ctx context.Context, l *lab) ([]result, error) {
	ours, err := l.commits(ctx, large)
	if err != nil {
		return nil, err
	}
	person, err := newPerson(ctx, l, large)
	if err != nil {
		return nil, err
	}
	var taken, theirs times
	for i := range 110 {
		if i == 10 { // warm
			taken, theirs = nil, nil
		}
		if err := taken.clock(func() error { return ours.next(ctx) }); err != nil {
			return nil, err
		}
		paths, err := person.edit()
		if err != nil {
			return nil, err
		}
		if err := theirs.clock(func() error { return person.commit(ctx, paths, "-c", "core.fsync=all") }); err != nil {
			return nil, err
		}
	}
	return []result{faster("commit", "the durable commit alone; git add and commit, core.fsync=all", taken.median(), theirs.median(), 4)}, nil
}
