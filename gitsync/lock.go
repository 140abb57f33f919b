package gitsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// writerLock is the file in the repository that the one writer holds an exclusive flock on; it says the holder's
// process id. The kernel gives the lock back when the process dies, however it dies.
const writerLock = "alertsmith.pid"

// takeWriterLock makes dir if need be and returns its locked writer's lock file, for releaseWriterLock.
func takeWriterLock(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, unavailable(err, "the rulebook's directory %s cannot be made", dir)
	}
	f, err := os.OpenFile(filepath.Join(dir, writerLock), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, unavailable(err, "the rulebook %s cannot be locked", dir)
	}
	if err := lockAndSign(f); err != nil {
		holder, _ := io.ReadAll(io.LimitReader(f, 20))
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, unavailable(err, "the rulebook %s is in use by process %s: only one Alertsmith may write to it; stop that one first, or choose another directory",
				dir, strings.TrimSpace(string(holder)))
		}
		return nil, unavailable(err, "the rulebook %s cannot be locked", dir)
	}
	return f, nil
}

// lockAndSign locks f and writes our process id into it.
func lockAndSign(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendln(nil, os.Getpid()), 0)
	return err
}

// releaseWriterLock gives the lock back at once. Closing the file alone would not do while a child process that is just being
// started still has it.
func releaseWriterLock(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}
