package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
	rulers "github.com/alertsmith/alertsmith/rules/ruler"
)

// measurePublish publishes a tree that has not changed. That nothing is opened or written is seen by watching the live directory and the
// adapter's own; that there is no more than a stat a file, by the time that the kernel spends on it, beside that of reading the directory
// and one stat of each file.
func measurePublish(ctx context.Context, l *lab) ([]result, error) {
	files, err := ruleFiles(ctx, l)
	if err != nil {
		return nil, err
	}
	dir, err := l.directory("publish")
	if err != nil {
		return nil, err
	}
	live, state := filepath.Join(dir, "live"), filepath.Join(dir, "state")
	adapter, err := rulers.New(rulers.Config{Kind: "prometheus", Name: ruler, URL: "http://127.0.0.1:1", RulesDir: live, StateDir: state})
	if err != nil {
		return nil, err
	}
	published, err := adapter.Publish(ctx, files)
	if err != nil {
		return nil, err
	}
	if len(published.Changed) != len(files) {
		return nil, fmt.Errorf("%d of %d files were published at first", len(published.Changed), len(files))
	}
	again := func() error {
		published, err := adapter.Publish(ctx, files)
		if err == nil && len(published.Changed) > 0 {
			err = fmt.Errorf("%d files were published again", len(published.Changed))
		}
		return err
	}
	seen, err := watch([]string{live, state}, again)
	if err != nil {
		return nil, err
	}
	const often = 50
	ours, err := kernelTime(often, again)
	if err != nil {
		return nil, err
	}
	bare, err := kernelTime(often, func() error { return statAll(live) })
	if err != nil {
		return nil, err
	}
	var taken times
	for range often {
		if err := taken.clock(again); err != nil {
			return nil, err
		}
	}
	l.say("publishing an unchanged tree of %d files takes %s", len(files), show(taken.median()))
	return []result{
		{"publish-writes", "files opened or written to publish an unchanged tree", fmt.Sprint(seen), "-", "-", "0", seen == 0},
		grows("publish-stats", "kernel time to publish an unchanged tree; of a stat a file", ours, bare, hardly),
	}, nil
}

func ruleFiles(ctx context.Context, l *lab) ([]rules.RuleFile, error) {
	store, _, err := l.book(ctx, large)
	if err != nil {
		return nil, err
	}
	tree, err := store.Head(ctx)
	if err != nil {
		return nil, err
	}
	book, err := rules.NewBook([]rules.RulerInfo{{Name: ruler, Dialect: expr.PromQL, Dir: ruler}}).At(tree)
	if err != nil {
		return nil, err
	}
	return book.RuleFiles(ruler), nil
}

// statAll reads a directory and stats every file in it once.
func statAll(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if _, err := os.Lstat(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// kernelTime returns how long the kernel works for this process while do is done so often, on average.
func kernelTime(often int, do func() error) (time.Duration, error) {
	before, err := systemTime()
	if err != nil {
		return 0, err
	}
	for range often {
		if err := do(); err != nil {
			return 0, err
		}
	}
	after, err := systemTime()
	return (after - before) / time.Duration(often), err
}

func systemTime() (time.Duration, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	return time.Duration(usage.Stime.Nano()), nil
}
