package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// revisions remembers, across restarts, which revision of the rulebook was which: a file a name. A note that a crash loses is harmless: the
// one before it names a state of which the same was true.
type revisions struct {
	dir    string
	logger *slog.Logger
}

// The names, beside "accepted-" and a ruler's: what that ruler took last as a whole.
const (
	acceptedPrefix = "accepted-"
	goodRevision   = "good" // the last state of the rulebook that is applied as a whole
	toldRevision   = "told" // the newest commit of a bad push that was told of
)

// last returns the revision; "" when none is known.
func (r revisions) last(name string) string {
	content, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// note writes the revision down.
func (r revisions) note(name, revision string) {
	path := filepath.Join(r.dir, name)
	err := os.WriteFile(path+".new", []byte(revision+"\n"), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		r.logger.Warn("A revision of the rulebook is not remembered", "which", name, "err", err)
	}
}
