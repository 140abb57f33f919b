package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestJournalReadOnly makes the files of the real service's journal immutable while it has them open: from then on the kernel refuses to write them, to
// root as well, as it does on a file system that errors made read-only.
func TestJournalReadOnly(t *testing.T) {
	t.Parallel()
	withoutJournal(t, func(t *testing.T, path string) func() {
		t.Helper()
		set := func(flag string) ([]byte, error) {
			return exec.Command("chattr", flag, path, path+"-wal").CombinedOutput()
		}
		open, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer open.Close()
		t.Cleanup(func() { _, _ = set("-i") }) // again, where the test broke off: what is immutable cannot be removed
		if output, err := set("+i"); err != nil {
			t.Skipf("NOT TESTED: a journal that is read-only: it cannot be made so here: %v\n%s", err, output)
		}
		if _, err := open.WriteAt([]byte("S"), 0); !errors.Is(err, syscall.EPERM) { // what is there anyway
			t.Skipf("NOT TESTED: a journal that is read-only: this file system lets whoever has it open write it: %v", err)
		}
		return func() {
			if output, err := set("-i"); err != nil {
				t.Errorf("%v: %s", err, output)
			}
		}
	})
}

// TestStartReadOnly starts the real service on storage that is read-only: it says so and ends, and nothing of what it has is lost.
func TestStartReadOnly(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	_ = s.smallStorage() // it is not filled
	s.start()
	s.must("add first expr='up == 0'")
	s.stop()
	remount := func(flags uintptr) {
		if err := syscall.Mount("", filepath.Join(s.dir, "data"), "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	s.launch()
	err := s.process.Wait()
	s.process = nil
	if exit, is := errors.AsType[*exec.ExitError](err); !is || exit.ExitCode() != exitFailed || !strings.Contains(s.printed(), "read-only file system") {
		t.Errorf("on read-only storage it ends with %v", err)
	}
	remount(0)
	s.start()
	s.must("add second expr='up == 0'")
	s.stop()
	if given := s.assertJournal(); len(given) != 2 {
		t.Errorf("the journal has %v", given)
	}
}
