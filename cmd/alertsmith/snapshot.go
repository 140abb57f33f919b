package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"time"
)

// snapshotName is the file below the state directory with what is known of the rule files, so that a start reads and checks those alone that
// changed meanwhile. Without it, or with one of another program, everything is read and checked.
const snapshotName = "rulefiles"

// How long after the start, and how often, it is written while the service runs; it is once more when the service ends.
const (
	firstSnapshot = time.Minute
	nextSnapshot  = time.Hour
)

// snapshots keeps what one start of the service knows of the rule files for the next one.
type snapshots struct {
	path   string
	logger *slog.Logger
}

// load returns the last snapshot of this very program; nil when there is none, or it is damaged.
func (s snapshots) load() []byte {
	content, err := os.ReadFile(s.path)
	if err != nil {
		return nil
	}
	seal, snapshot, _ := bytes.Cut(content, []byte("\n"))
	if string(seal) != sealOf(snapshot) {
		return nil
	}
	return snapshot
}

// keep writes snapshots until ctx ends, and then the last one.
func (s snapshots) keep(ctx context.Context, snapshot func() ([]byte, error)) {
	for pause := time.NewTimer(firstSnapshot); ; pause.Reset(nextSnapshot) {
		select {
		case <-pause.C:
			s.write(snapshot)
		case <-ctx.Done():
			s.write(snapshot)
			return
		}
	}
}

func (s snapshots) write(snapshot func() ([]byte, error)) {
	content, err := snapshot()
	if err == nil {
		err = replaceFile(s.path, sealOf(content)+"\n"+string(content))
	}
	if err != nil {
		s.logger.Warn("What is known of the rule files is not kept; the next start takes longer", "id", "AS4009", "err", err)
	}
}

// sealOf returns what stands before a snapshot: it differs when a byte of the snapshot does, and when another program wrote it.
func sealOf(snapshot []byte) string {
	h := sha256.New()
	if build, ok := debug.ReadBuildInfo(); ok {
		fmt.Fprintln(h, build)
	}
	// Builds of a changed tree have one build information.
	if path, err := os.Executable(); err == nil {
		if program, err := os.Stat(path); err == nil {
			fmt.Fprintln(h, program.Size(), program.ModTime().UnixNano())
		}
	}
	h.Write(snapshot)
	return hex.EncodeToString(h.Sum(nil))
}
