package gitsync

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	roomName = "alertsmith.room"
	room     = 128 << 10 // bytes: some more than the objects of an ordinary change have
)

// Writable returns nil when a change could be written here now: there is room on the disk, of which some was just written, synced and given back.
// It fails with rules.Unavailable.
func (r *Rulebook) Writable() error {
	name := filepath.Join(r.dir, roomName)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err == nil {
		filling := make([]byte, room)
		_, _ = rand.Read(filling) // which never fails; a file system may write what is all alike into less room
		_, err = f.Write(filling)
		err = errors.Join(err, f.Sync(), f.Close(), os.Remove(name))
	}
	if err != nil {
		return unavailable(err, "%s", "the rulebook cannot be written"+rules.DiskFault(err))
	}
	return nil
}
