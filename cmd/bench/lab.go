package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/alertsmith/alertsmith/gitsync"
	"github.com/alertsmith/alertsmith/rules"
)

// committer is as whom the service commits.
var committer = rules.Person{ID: "alertsmith", Name: "Alertsmith", Email: "alertsmith@localhost"}

// lab is where the benchmark works: all of it is below one directory, on one file system.
type lab struct {
	cache      string // rulebooks that are built once
	dir        string // this run's own, removed at its end
	alertsmith string // the program that is measured
	promtool   string
	say        func(format string, args ...any)

	services map[string]*service // that run, by the name of their shape
	closers  []func() error      // of what else is open
}

// openLab makes the run's directory below dir.
func openLab(dir, alertsmith, promtool string, say func(string, ...any)) (*lab, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if alertsmith, err = filepath.Abs(alertsmith); err != nil {
		return nil, err
	}
	l := &lab{
		cache: filepath.Join(dir, "v"+formatVersion), alertsmith: alertsmith, promtool: promtool, say: say,
		services: map[string]*service{},
	}
	if err := os.MkdirAll(l.cache, 0o755); err != nil {
		return nil, err
	}
	l.dir, err = os.MkdirTemp(dir, "run-")
	return l, err
}

// atEnd has something closed at the end of the run.
func (l *lab) atEnd(closer func() error) { l.closers = append(l.closers, closer) }

// close ends what was started and removes what was made.
func (l *lab) close() error {
	var failures []error
	for _, s := range l.services {
		s.stop()
	}
	for _, closer := range slices.Backward(l.closers) {
		failures = append(failures, closer())
	}
	return errors.Join(append(failures, os.RemoveAll(l.dir))...)
}

// book opens a copy of a rulebook, and returns its directory too.
func (l *lab) book(ctx context.Context, s shape) (*gitsync.Rulebook, string, error) {
	dir, err := l.bare(ctx, s)
	if err != nil {
		return nil, "", err
	}
	book, err := gitsync.Open(ctx, gitsync.Options{Dir: dir, Committer: committer})
	if err != nil {
		return nil, "", err
	}
	l.atEnd(book.Close)
	return book, dir, nil
}

// directory makes a new directory of this run.
func (l *lab) directory(name string) (string, error) { return os.MkdirTemp(l.dir, name+"-") }

// rulebook returns a bare repository of the shape, packed as `git gc` leaves it, which nobody may change: it is built at first and
// found again in every later run.
func (l *lab) rulebook(ctx context.Context, s shape) (string, error) {
	dir := filepath.Join(l.cache, s.name+".git")
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	l.say("building the rulebook %q: %d rules, %d commits; this is done once", s.name, s.directories*s.files*s.rules, s.commits)
	start := time.Now()
	unfinished := dir + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	if err := importPast(ctx, unfinished, s); err != nil {
		return "", err
	}
	imported := time.Since(start)
	if err := git(ctx, unfinished, "gc", "--quiet"); err != nil {
		return "", err
	}
	l.say("built in %s, of which %s for git gc", time.Since(start).Round(time.Second), (time.Since(start) - imported).Round(time.Second))
	return dir, os.Rename(unfinished, dir)
}

// bare returns a copy of a rulebook that may be changed. Packs are hard links, which nobody writes to.
func (l *lab) bare(ctx context.Context, s shape) (string, error) { return l.clone(ctx, s, "--bare") }

// worktree returns a copy with its files checked out, as a person has it.
func (l *lab) worktree(ctx context.Context, s shape) (string, error) { return l.clone(ctx, s) }

func (l *lab) clone(ctx context.Context, s shape, options ...string) (string, error) {
	from, err := l.rulebook(ctx, s)
	if err != nil {
		return "", err
	}
	dir, err := l.directory(s.name)
	if err != nil {
		return "", err
	}
	args := slices.Concat([]string{"clone", "--quiet", "--local"}, options, []string{from, dir})
	if err := git(ctx, "", args...); err != nil {
		return "", fmt.Errorf("rulebook %s: %w", s.name, err)
	}
	return dir, nil
}
