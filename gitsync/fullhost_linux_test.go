package gitsync

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
	"github.com/alertsmith/alertsmith/rules"
)

// smallDisk returns a directory that is a file system of its own, and a func that leaves so many bytes of it free.
func smallDisk(t *testing.T) (dir string, leave func(bytes int64)) {
	t.Helper()
	dir = t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0777"); err != nil {
		t.Skipf("NOT TESTED: a Git server whose disk is full: only root may make a small disk here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler := filepath.Join(dir, "filler")
	return dir, func(bytes int64) {
		t.Helper()
		if err := os.RemoveAll(filler); err != nil {
			t.Fatal(err)
		}
		var disk syscall.Statfs_t
		if err := syscall.Statfs(dir, &disk); err != nil {
			t.Fatal(err)
		}
		fill := int64(disk.Bavail)*disk.Bsize - bytes
		if err := os.WriteFile(filler, make([]byte, max(fill, 0)), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}

// TestHostDiskFull leaves the Git server ever more space, from none to enough, so that its disk is full at every step of what it writes. What it
// did not take was refused where pushing is required, and waits where it is not; nothing is lost or doubled.
func TestHostDiskFull(t *testing.T) {
	t.Parallel()
	remotes := map[string]func(t *testing.T, host string) *remote.Remote{
		"path": func(t *testing.T, host string) *remote.Remote { return at(t, host) },
		"http": func(t *testing.T, host string) *remote.Remote {
			return at(t, remotetest.HTTP(t, host, "", "").Repository)
		},
	}
	for name, through := range remotes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, required bool) {
				disk, leave := smallDisk(t)
				host := filepath.Join(disk, "host.git")
				runGit(t, disk, "init", "-q", "--bare", "--initial-branch=main", host)
				outsideLine(t, outsider(t, host), "first")
				r := openBook(t, Options{Remote: through(t, host), Required: required})
				if !required {
					keepUp(t, r, Following{})
				}
				want, tried := []string{"first"}, false // a push that failed
				for free := int64(0); free <= 64<<10; free += 4 << 10 {
					leave(free)
					line := fmt.Sprintf("free%d", free)
					_, err := r.Update(t.Context(), appendLine("log", line))
					switch {
					case err == nil:
						want = append(want, line)
						r.Kick()
						until(t, "a push was tried", func() bool { now := r.Remote(); return now.Unpushed == 0 || now.Err != nil })
						tried = tried || r.Remote().Err != nil
					case !required || rules.KindOf(err) != rules.Unavailable:
						t.Errorf("%d bytes free: Update = %v", free, err)
					default:
						tried = true
					}
				}
				if !tried || len(want) == 1 {
					t.Errorf("%d changes accepted: the disk was never full, or never had room", len(want)-1)
				}
				leave(1 << 20)
				add(t, r, "last")
				r.Kick()
				same(t, r, host)
				if diff := cmp.Diff(append(want, "last"), hostLines(t, host)); diff != "" {
					t.Errorf("on the server (-want +got):\n%s", diff)
				}
				fsck(t, host)
				fsck(t, r.dir)
			})
		})
	}
}
