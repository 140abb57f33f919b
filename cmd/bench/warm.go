package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"
)

// service returns the service of the rulebook of a shape, running, ready and with its index of the history made. It is started once in a
// run. The journal with the index is kept for later runs; the service looks whether it can use it.
func (l *lab) service(ctx context.Context, s shape) (*service, error) {
	if running := l.services[s.name]; running != nil {
		return running, nil
	}
	storage, err := l.directory("service")
	if err != nil {
		return nil, err
	}
	rulebook, err := l.bare(ctx, s)
	if err != nil {
		return nil, err
	}
	journal, kept := filepath.Join(storage, "journal.db"), filepath.Join(l.cache, s.name+".journal.db")
	err = errors.Join(os.Rename(rulebook, filepath.Join(storage, "rulebook.git")), copyFile(kept, journal))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	log := filepath.Join(filepath.Dir(l.dir), s.name+".log")
	if err := os.RemoveAll(log); err != nil {
		return nil, err
	}
	svc, err := newService(ctx, l.alertsmith, storage, log)
	if err != nil {
		return nil, err
	}
	l.services[s.name] = svc
	took, err := svc.start(ctx)
	if err != nil {
		return nil, err
	}
	l.say("first start of the service with the rulebook %q: %s", s.name, took.Round(time.Millisecond))
	indexed, err := svc.awaitIndex(ctx)
	if err != nil || indexed < time.Second {
		return svc, err
	}
	l.say("the index of the history was made in %s more; it is kept", indexed.Round(time.Second))
	if err := errors.Join(svc.quit(), copyFile(journal, kept)); err != nil {
		return nil, err
	}
	_, err = svc.start(ctx)
	return svc, err
}

var verifiedLine = regexp.MustCompile(`(?m)^alertsmith_journal_last_verified_timestamp_seconds [1-9]`)

// awaitVerified waits until the service has looked through the journal and the commits that vouch for it, which it does once soon after a start: what
// it can sustain is seen after that.
func (s *service) awaitVerified(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		metrics, err := s.metrics(ctx)
		if err != nil || verifiedLine.MatchString(metrics) {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the journal is not verified: %w", ctx.Err())
		}
	}
}

// copyFile copies a file whole or not at all.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Close()); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}

// awaitIndex waits until the service answers questions about the history, and returns how long that took.
func (s *service) awaitIndex(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	start := time.Now()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.command(ctx, "history n=1")
		if err == nil {
			return time.Since(start), nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, err
		}
	}
}
