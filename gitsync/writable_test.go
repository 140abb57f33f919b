package gitsync

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"

	"github.com/alertsmith/alertsmith/rules"
)

// denied is a disk on which nothing may be made below some names, as where another user owns the directories.
type denied struct {
	billy.Filesystem
	below atomic.Pointer[string]
}

func (d *denied) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if below := d.below.Load(); below != nil && flag&os.O_CREATE != 0 && strings.HasPrefix(name, *below) {
		return nil, &os.PathError{Op: "open", Path: d.Join(d.Root(), name), Err: syscall.EACCES}
	}
	return d.Filesystem.OpenFile(name, flag, perm)
}

func (d *denied) TempFile(dir, prefix string) (billy.File, error) {
	if below := d.below.Load(); below != nil && strings.HasPrefix(dir, *below) {
		return nil, &os.PathError{Op: "open", Path: d.Join(d.Root(), dir, prefix), Err: syscall.EACCES}
	}
	return d.Filesystem.TempFile(dir, prefix)
}

// TestDirectoriesOfAnother has a repository in which another user owns directories: a change is refused, and surely not made, with the path and what helps;
// and made once it is mended.
func TestDirectoriesOfAnother(t *testing.T) {
	t.Parallel()
	for _, below := range []string{"objects", "refs", "refs/heads", "refs/alertsmith"} {
		t.Run(strings.ReplaceAll(below, "/", " "), func(t *testing.T) {
			t.Parallel()
			modes(t, func(t *testing.T, required bool) {
				host := gitHost(t)
				outsideLine(t, outsider(t, host), "first")
				disk := &denied{}
				r := openBook(t, Options{Remote: at(t, host), Required: required, wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }})
				if below == "refs/alertsmith" && !required {
					return // nothing is written there
				}
				disk.below.Store(&below)
				_, err := r.Update(t.Context(), appendLine("log", "second"))
				if below == "refs/heads" && required { // the Git server has it
					if rules.KindOf(err) != rules.Uncertain {
						t.Errorf("it ended with %v", err)
					}
				} else if text := textOf(err); rules.KindOf(err) != rules.Unavailable || !strings.Contains(text, "nothing was changed") || !strings.Contains(text, "permission denied at "+r.dir+"/"+below) || !strings.Contains(text, "chown -R") {
					t.Errorf("it is refused with %v", err)
				}
				if n := len(r.Doubts()); n > 0 && below != "refs/heads" {
					t.Errorf("%d requests are in doubt", n)
				}
				disk.below.Store(nil)
				keepUp(t, r, Following{})
				until(t, "nothing is in doubt", func() bool { return len(r.Doubts()) == 0 })
				add(t, r, "third")
				same(t, r, host)
				want := []string{"first", "third"}
				if below == "refs/heads" && required {
					want = []string{"first", "second", "third"}
				}
				if got := strings.Join(hostLines(t, host), " "); got != strings.Join(want, " ") {
					t.Errorf("the server has %q, want %q", got, want)
				}
			})
		})
	}
}

// TestWritableNamesTheDirectory makes directories of a repository immutable, which root may not write either.
func TestWritableNamesTheDirectory(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		outsideLine(t, outsider(t, host), "first")
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		for _, dir := range []string{"objects/pack", "refs/heads"} {
			name := filepath.Join(r.dir, dir)
			mend := func() { _ = exec.Command("chattr", "-i", name).Run() } // it may be mended already
			t.Cleanup(mend)
			if output, err := exec.Command("chattr", "+i", name).CombinedOutput(); err != nil {
				t.Skipf("NOT TESTED: directories that may not be written: they cannot be made so here: %v\n%s", err, output)
			}
			if err := r.Writable(); err == nil || !strings.Contains(textOf(err), " at "+name+". ") {
				t.Errorf("%s: Writable = %v", dir, err)
			}
			_, err := r.Update(t.Context(), appendLine("log", "second"))
			if rules.KindOf(err) != rules.Unavailable || !strings.Contains(textOf(err), " at "+name) {
				t.Errorf("%s: a change ends with %v", dir, err)
			}
			mend()
			if err := r.Writable(); err != nil {
				t.Errorf("%s is mended, and Writable = %v", dir, err)
			}
		}
		if lines := hostLines(t, host); len(lines) != 1 {
			t.Errorf("the server has %q", lines)
		}
	})
}
