package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
)

// accepted remembers, across restarts, which revision of the rulebook each ruler took last as a whole, in a file a ruler. A note that a
// crash loses is harmless: the one before it names a state that the ruler took as well.
type accepted struct {
	dir    string
	logger *slog.Logger
}

func (a accepted) path(ruler string) string { return filepath.Join(a.dir, "accepted-"+ruler) }

// last returns the revision; "" when none is known.
func (a accepted) last(ruler string) string {
	content, err := os.ReadFile(a.path(ruler))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// note writes the revision down.
func (a accepted) note(ruler, revision string) {
	path := a.path(ruler)
	err := os.WriteFile(path+".new", []byte(revision+"\n"), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		a.logger.Warn("What a ruler took last is not written down", "ruler", ruler, "err", err)
	}
}
