package gitsync

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// staleAfter is how long a lock file that was there when we started is watched before it counts as left behind. Git
// holds its locks for milliseconds; a program that is killed leaves them for ever (measured: 51 of 121 kills).
const staleAfter = time.Second

// removeStaleLocks removes the lock files on refs, HEAD, packed-refs, config and shallow that somebody who was killed left
// behind: those that are there now and are the same files, unchanged, after staleAfter. Somebody may be pushing at this very
// moment, and his locks come and go faster. None of them is ours: the caller holds the writer's lock and writes nothing yet. It
// costs nothing when there is no lock file.
func removeStaleLocks(ctx context.Context, dir string, log *slog.Logger) error {
	found, err := lockFiles(dir)
	if err != nil || len(found) == 0 {
		return err
	}
	select {
	case <-time.After(staleAfter):
	case <-ctx.Done():
		return ctx.Err()
	}
	for name, then := range found {
		now, err := os.Lstat(name)
		if err != nil || !os.SameFile(then, now) || !now.ModTime().Equal(then.ModTime()) {
			continue
		}
		if err := os.Remove(name); err != nil {
			return err
		}
		log.Warn("removed a stale lock file of git", "id", "AS3011", "file", name, "since", then.ModTime())
	}
	return nil
}

// lockFiles returns the lock files that git's own protocol may have left in a bare repository.
func lockFiles(dir string) (map[string]fs.FileInfo, error) {
	found := map[string]fs.FileInfo{}
	add := func(name string) error {
		switch info, err := os.Lstat(name); {
		case err == nil && info.Mode().IsRegular():
			found[name] = info
		case err != nil && !os.IsNotExist(err):
			return err
		}
		return nil
	}
	for _, name := range []string{"HEAD", "packed-refs", "config", "shallow"} {
		if err := add(filepath.Join(dir, name+".lock")); err != nil {
			return nil, err
		}
	}
	err := filepath.WalkDir(filepath.Join(dir, "refs"), func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) { // a push removed it meanwhile, or there is no repository yet
				return nil
			}
			return err
		}
		if strings.HasSuffix(name, ".lock") {
			return add(name)
		}
		return nil
	})
	return found, err
}
