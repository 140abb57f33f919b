package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// TestOpenOnAFullDisk opens a journal whose write-ahead log a crash left, where there is no room to write it into the database.
func TestOpenOnAFullDisk(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=4m,mode=0777"); err != nil {
		t.Skipf("NOT TESTED: a journal on a full disk: only root may make a small disk here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	path, crashed := filepath.Join(t.TempDir(), "journal.db"), filepath.Join(disk, "journal.db")
	db := openAt(t, path)
	fill(t, path, 100) // the log alone has it, as long as db is open
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(path + suffix)
		if err == nil {
			err = os.WriteFile(crashed+suffix, content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want, err := db.records(t.Context(), "")
	if err != nil || len(want) != 100 {
		t.Fatalf("%d records, %v", len(want), err)
	}
	filler := filepath.Join(disk, "filler")
	if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	after := openAt(t, crashed)
	if got, err := after.records(t.Context(), ""); err != nil || cmp.Diff(want, got) != "" {
		t.Errorf("%d records are read, %v", len(got), err)
	}
	if _, err := after.Receive(t.Context(), request("full", "")); err == nil || !strings.Contains(err.Error(), rules.DiskFull) {
		t.Errorf("without room, a command is received: %v", err)
	}
	if err := after.Writable(t.Context()); err == nil || !strings.Contains(err.Error(), rules.DiskFull) {
		t.Errorf("without room, it says that it can be written: %v", err)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := after.Writable(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := after.Receive(t.Context(), request("room", "")); err != nil {
		t.Error(err)
	}
}
