package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// revisions remembers, across restarts, which revision of the rulebook was which: a file a name. A note that a crash loses is harmless: the
// one before it names a state of which the same was true. That none is left of the two would not be: then the rulebook would be taken for one
// that was never adopted.
type revisions struct {
	dir    string
	logger *slog.Logger

	mu      sync.Mutex
	newest  map[string]string // name → what was noted behind the commands last
	writing sync.WaitGroup
	busy    map[string]bool // names that are being written
}

func newRevisions(dir string, logger *slog.Logger) *revisions {
	return &revisions{dir: dir, logger: logger, newest: map[string]string{}, busy: map[string]bool{}}
}

// The names, beside "accepted-" and a ruler's: what that ruler took last as a whole.
const (
	acceptedPrefix = "accepted-"
	goodRevision   = "good" // the last state of the rulebook that is applied as a whole
	toldRevision   = "told" // the newest commit of a bad push that was told of
	seenRevision   = "seen" // the last state of the rulebook that was looked at while something is held
)

// last returns the revision; "" when none is known.
func (r *revisions) last(name string) string {
	r.mu.Lock()
	newest, noted := r.newest[name]
	r.mu.Unlock()
	if noted {
		return newest
	}
	content, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// since returns when the revision was noted, as far as the file tells; zero when none is.
func (r *revisions) since(name string) time.Time {
	info, err := os.Stat(filepath.Join(r.dir, name))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// noteSoon is note behind the commands, which do not wait for the disk then. Of notes that come meanwhile the newest is written.
func (r *revisions) noteSoon(name, revision string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.newest[name] = revision
	if r.busy[name] {
		return
	}
	r.busy[name] = true
	r.writing.Go(func() {
		for again := true; again; {
			r.mu.Lock()
			newest := r.newest[name]
			r.mu.Unlock()
			r.note(name, newest)
			r.mu.Lock()
			again = r.newest[name] != newest
			r.busy[name] = again
			r.mu.Unlock()
		}
	})
}

// wait returns when everything is written down.
func (r *revisions) wait() { r.writing.Wait() }

// note writes the revision down.
func (r *revisions) note(name, revision string) {
	if err := replaceFile(filepath.Join(r.dir, name), revision+"\n"); err != nil {
		r.logger.Warn("A revision of the rulebook is not remembered", "id", "AS4010", "which", name, "err", err)
	}
}

// replaceFile writes a small file so that a crash leaves the old content or the new one. The caller is the only one that writes it.
func replaceFile(path, content string) error {
	f, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
