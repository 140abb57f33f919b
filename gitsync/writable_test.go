package gitsync

import (
	"fmt"
	"os"
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

// forbid has the operating system say of one directory of a rulebook that it may not be written, and returns its path.
func forbid(r *Rulebook, dir string) (name string, allow func()) {
	name = filepath.Join(r.dir, dir)
	may := r.access
	r.access = func(path string, mode uint32) error {
		if path == name && mode&0o2 != 0 {
			return syscall.EACCES
		}
		return may(path, mode)
	}
	return name, func() { r.access = may }
}

// TestWritableNamesTheDirectory has the operating system say of directories that they may not be written: that is known before anything is tried or sent.
func TestWritableNamesTheDirectory(t *testing.T) {
	t.Parallel()
	host := gitHost(t)
	outsideLine(t, outsider(t, host), "first")
	r := openBook(t, Options{Remote: at(t, host), Required: true})
	for _, dir := range []string{".", "objects/pack", "refs/heads", "refs/remotes/origin", "refs/alertsmith/doubt"} {
		name, allow := forbid(r, dir)
		if err := r.Writable(); err == nil || !strings.Contains(textOf(err), "permission denied at "+name+". ") {
			t.Errorf("%s: Writable = %v", dir, err)
		}
		_, err := r.Update(t.Context(), appendLine("log", "second"))
		if rules.KindOf(err) != rules.Unavailable || !strings.Contains(textOf(err), " at "+name) {
			t.Errorf("%s: a change ends with %v", dir, err)
		}
		allow()
		if err := r.Writable(); err != nil {
			t.Errorf("%s is mended, and Writable = %v", dir, err)
		}
	}
	if lines := hostLines(t, host); len(lines) != 1 {
		t.Errorf("the server has %q", lines)
	}
	add(t, r, "second")
}

// TestWritableNamesNothingElse has the operating system say of directories that they may not be written to which no change writes: changes are taken, and so nothing
// is said to be in their way.
func TestWritableNamesNothingElse(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		host := gitHost(t)
		outsideLine(t, outsider(t, host), "first")
		r := openBook(t, Options{Remote: at(t, host), Required: required})
		if err := openBook(t, Options{}).Writable(); err != nil {
			t.Errorf("where there are no packs yet: %v", err)
		}
		add(t, r, "second")
		dirs := []string{"objects", "refs"}
		if !required {
			dirs = append(dirs, ".", "refs/remotes/origin", "refs/alertsmith/doubt")
		}
		for i, dir := range dirs {
			_, allow := forbid(r, dir)
			if err := r.Writable(); err != nil {
				t.Errorf("%s: Writable = %v", dir, err)
			}
			add(t, r, fmt.Sprint("more", i))
			allow()
		}
		if left, err := filepath.Glob(filepath.Join(r.dir, packDir, roomName)); err != nil || len(left) > 0 {
			t.Errorf("left behind is %q, %v", left, err)
		}
	})
}
