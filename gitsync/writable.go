package gitsync

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	roomName = "alertsmith.room"
	room     = 128 << 10 // bytes: some more than the objects of an ordinary change have
)

// accessWrite is what access(2) calls leave to make and replace files in a directory.
const accessWrite = 0o3

// Writable returns nil when a change could be written here now: its directories may be written, and there is room on the disk, of which some was just
// written, synced and given back. It fails with rules.Unavailable, and names the directory that may not be written.
func (r *Rulebook) Writable() error {
	if err := r.mayWrite(); err != nil {
		return unavailable(err, "%s", "the rulebook cannot be written"+r.whyUnwritable(err))
	}
	name := filepath.Join(r.dir, r.objectsDir(), roomName)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		filling := make([]byte, room)
		_, _ = rand.Read(filling) // which never fails; a file system may write what is all alike into less room
		_, err = f.Write(filling)
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(name))
	}
	if err != nil {
		return unavailable(err, "%s", "the rulebook cannot be written"+r.whyUnwritable(err))
	}
	return nil
}

// objectsDir returns the directory that the objects of a change are written to: that of packs or, where there is none yet, the one that it is made in.
func (r *Rulebook) objectsDir() string {
	if _, err := os.Stat(filepath.Join(r.dir, packDir)); errors.Is(err, fs.ErrNotExist) {
		return "objects"
	}
	return packDir
}

// mayWrite returns nil when the directories that every change writes to may be written, as far as the rights to them say that. Of a change that is to be pushed
// these are also those in which it is written down what is sent and what the Git server has then; else what cannot be written there is told of otherwise.
func (r *Rulebook) mayWrite() error {
	dirs := []string{r.objectsDir(), path.Dir(r.branch.String())}
	if r.sync != nil && r.sync.required {
		dirs = append(dirs, ".", "refs/remotes/origin", doubtRefs, keptRefs)
	}
	for _, dir := range dirs {
		name := filepath.Join(r.dir, dir)
		if err := r.access(name, accessWrite); err != nil && !errors.Is(err, syscall.ENOENT) {
			return &fs.PathError{Op: "write", Path: name, Err: err}
		}
	}
	return nil
}

// whyUnreadable returns why something in the repository could not be read, to stand behind that: what an error for a person says, or whyUnwritable.
func (r *Rulebook) whyUnreadable(err error) string {
	if e, ok := errors.AsType[*rules.Error](err); ok {
		return ": " + e.Text
	}
	if errors.Is(err, plumbing.ErrObjectNotFound) {
		return fmt.Sprintf(": it is not there. See what `git -C %s fsck` says is missing", r.dir)
	}
	return r.whyUnwritable(err)
}

// whyUnwritable returns why something in the repository could not be written, to stand behind that: what the operating system said and, where it is the
// rights to a file, which one and what helps. It is "" when the cause is none of the operating system's.
func (r *Rulebook) whyUnwritable(err error) string {
	why := rules.DiskFault(err)
	if !errors.Is(err, fs.ErrPermission) {
		return why
	}
	var (
		at   *fs.PathError
		link *os.LinkError
	)
	switch {
	case errors.As(err, &at):
		why += " at " + at.Path
	case errors.As(err, &link):
		why += " at " + link.New
	}
	return fmt.Sprintf("%s. Give the directory back to the user that Alertsmith runs as: chown -R %d:%d %s && chmod -R u+rwX %[4]s", why, os.Getuid(), os.Getgid(), r.dir)
}
