package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// measureIndex measures how long the service needs to make the index of the history anew, with all commits in it: from its start with no journal
// until it answers questions about the history.
func measureIndex(ctx context.Context, l *lab) ([]result, error) {
	storage, err := l.directory("index")
	if err != nil {
		return nil, err
	}
	rulebook, err := l.bare(ctx, large)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(rulebook, filepath.Join(storage, "rulebook.git")); err != nil {
		return nil, err
	}
	log := filepath.Join(filepath.Dir(l.dir), "index.log")
	if err := os.RemoveAll(log); err != nil {
		return nil, err
	}
	svc, err := newService(ctx, l.alertsmith, storage, log)
	if err != nil {
		return nil, err
	}
	defer svc.stop()
	start := time.Now()
	if _, err := svc.start(ctx); err != nil {
		return nil, err
	}
	if _, err := svc.awaitIndex(ctx); err != nil {
		return nil, err
	}
	const limit = 120 * time.Second
	return []result{under("index", "index of 100,000 commits, made anew", time.Since(start), limit)}, nil
}
