package main

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// smallStorage makes a service's storage a file system of its own, and returns a func that leaves so many bytes of it free.
func (s *system) smallStorage() (leave func(bytes int64)) {
	s.t.Helper()
	dir := filepath.Join(s.dir, "data")
	if err := os.Mkdir(dir, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=24m,mode=0777"); err != nil {
		s.t.Skipf("NOT TESTED: a service on a disk of its own, full or read-only: only root may make a small disk here: %v", err)
	}
	s.t.Cleanup(func() {
		s.kill()
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			s.t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	return func(bytes int64) {
		s.t.Helper()
		if err := os.RemoveAll(filler); err != nil {
			s.t.Fatal(err)
		}
		var disk syscall.Statfs_t
		if err := syscall.Statfs(dir, &disk); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(filler, make([]byte, max(int64(disk.Bavail)*disk.Bsize-bytes, 0)), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
			s.t.Fatal(err)
		}
	}
}

// TestDiskFull gives commands while the disk of the real service has no room, and ever more of it: what is refused was refused before anything was
// changed, and with room again the service goes on as it is. The journal has every command that it took.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	leave := s.smallStorage()
	s.start()
	s.must("add first expr='up == 0'")
	accepted, refused := []string{"add first"}, []string{}
	for free := int64(0); free <= 160<<10; free += 8 << 10 {
		leave(free)
		subject := fmt.Sprint("add free", free)
		a, err := s.command(subject + " expr='up == 0'")
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case a.result == rules.Success:
			accepted = append(accepted, subject)
		case a.result != rules.Failed || !strings.Contains(strings.ToLower(a.text), "nothing was changed"):
			t.Errorf("%d bytes free: %+v", free, a)
		default:
			refused = append(refused, subject)
		}
		if free == 0 {
			if !strings.Contains(a.text, rules.DiskFull) {
				t.Errorf("without room: %+v", a)
			}
			await(t, "it says that it is not ready", func() bool {
				return strings.Contains(s.get("/-/ready"), "The journal cannot be written"+rules.DiskFull)
			})
		}
	}
	if len(refused) == 0 || len(accepted) == 1 {
		t.Errorf("%d refused, %d accepted: the disk was never full, or never had room", len(refused), len(accepted))
	}
	leave(8 << 20)
	await(t, "it is ready again", func() bool { return strings.Contains(s.get("/-/ready"), "Alertsmith is ready") })
	s.must("add last expr='up == 0'")
	s.stop()
	s.start() // looks up what could not be written at the end of a command
	s.stop()
	want := slices.Concat(accepted, []string{"add last"})
	slices.Reverse(want)
	if got := s.subjects(); !slices.Equal(got, want) {
		t.Errorf("commits %q, want %q", got, want)
	}
	s.git("fsck", "--strict")
	given := s.assertJournal()
	for _, subject := range want {
		if n := given[subject+" expr='up == 0'"]; n != 1 {
			t.Errorf("%q was accepted and is in the journal %d times", subject, n)
		}
	}
	for _, subject := range refused {
		if n := given[subject+" expr='up == 0'"]; n > 1 {
			t.Errorf("%q was refused and is in the journal %d times", subject, n)
		}
	}
	t.Logf("%d refused, %d accepted", len(refused), len(accepted))
}

// TestNotReadyWhereTheRulebookHasNoRoom fills the disk where the journal's log has room of its own left: a command would be taken, and refused as it cannot
// be committed.
func TestNotReadyWhereTheRulebookHasNoRoom(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	leave := s.smallStorage()
	s.start()
	s.must("add first expr='up == 0'")
	db, err := sql.Open("sqlite", "file:"+filepath.Join(s.dir, "data", journalName)+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	await(t, "the log of the journal is empty", func() bool {
		var busy, pages, copied int
		if err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(RESTART)").Scan(&busy, &pages, &copied); err != nil {
			t.Fatal(err)
		}
		return busy == 0 // a busy one is a row, and no error
	})
	leave(0)
	if a, err := s.command("add second expr='up == 0'"); err != nil || a.result != rules.Failed || strings.Contains(a.text, "journal") {
		t.Errorf("without room: %+v, %v", a, err)
	}
	await(t, "it says that it is not ready", func() bool {
		return strings.Contains(s.get("/-/ready"), "The rulebook cannot be written"+rules.DiskFull)
	})
	leave(8 << 20)
	await(t, "it is ready again", func() bool { return strings.Contains(s.get("/-/ready"), "Alertsmith is ready") })
	s.must("add third expr='up == 0'")
}
