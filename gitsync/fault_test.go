package gitsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"

	"github.com/alertsmith/alertsmith/rules"
)

// faulty is a disk whose nth operation fails; a write that fails may have written half of it.
type faulty struct {
	billy.Filesystem
	left atomic.Int64 // operations until the fault; negative: none
	full atomic.Bool  // every write fails
	err  error
	half bool
}

// fail counts one operation and reports whether it is the one to fail.
func (d *faulty) fail() bool { return d.left.Add(-1) == 0 }

func (d *faulty) file(f billy.File, err error) (billy.File, error) {
	if err != nil {
		return nil, err
	}
	return &faultyFile{File: f, disk: d}, nil
}

func (d *faulty) Open(name string) (billy.File, error) {
	if d.fail() {
		return nil, &os.PathError{Op: "open", Path: name, Err: d.err}
	}
	return d.file(d.Filesystem.Open(name))
}

func (d *faulty) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if d.fail() {
		return nil, &os.PathError{Op: "open", Path: name, Err: d.err}
	}
	return d.file(d.Filesystem.OpenFile(name, flag, perm))
}

func (d *faulty) Rename(from, to string) error {
	if d.fail() {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: d.err}
	}
	return d.Filesystem.Rename(from, to)
}

func (d *faulty) Remove(name string) error {
	if d.fail() {
		return &os.PathError{Op: "remove", Path: name, Err: d.err}
	}
	return d.Filesystem.Remove(name)
}

func (d *faulty) MkdirAll(name string, perm os.FileMode) error {
	if d.fail() {
		return &os.PathError{Op: "mkdir", Path: name, Err: d.err}
	}
	return d.Filesystem.MkdirAll(name, perm)
}

func (d *faulty) Stat(name string) (os.FileInfo, error) {
	if d.fail() {
		return nil, &os.PathError{Op: "stat", Path: name, Err: d.err}
	}
	return d.Filesystem.Stat(name)
}

type faultyFile struct {
	billy.File
	disk *faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if !f.disk.full.Load() && !f.disk.fail() {
		return f.File.Write(p)
	}
	if f.disk.half {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, f.disk.err // with no error: a short write
	}
	return 0, f.disk.err
}

func (f *faultyFile) Read(p []byte) (int, error) {
	if f.disk.fail() {
		return 0, errOr(f.disk.err)
	}
	return f.File.Read(p)
}

func (f *faultyFile) ReadAt(p []byte, at int64) (int, error) {
	if f.disk.fail() {
		return 0, errOr(f.disk.err)
	}
	return f.File.ReadAt(p, at)
}

func (f *faultyFile) Readdirnames(n int) ([]string, error) {
	if f.disk.fail() {
		return nil, errOr(f.disk.err)
	}
	return f.File.(interface {
		Readdirnames(n int) ([]string, error)
	}).Readdirnames(n)
}

func (f *faultyFile) Close() error {
	if f.disk.fail() {
		return errors.Join(errOr(f.disk.err), f.File.Close())
	}
	return f.File.Close()
}

func (f *faultyFile) Sync() error {
	if f.disk.fail() {
		return errOr(f.disk.err)
	}
	return f.File.(interface{ Sync() error }).Sync()
}

// errOr is err, or an error where none cannot be a fault.
func errOr(err error) error {
	if err == nil {
		return io.ErrUnexpectedEOF
	}
	return err
}

// TestEveryFault lets every single disk operation of an update fail in turn: of one alone, of a batch, and of one whose objects become loose.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		name string
		err  error
		half bool
	}{{"EIO", syscall.EIO, false}, {"ENOSPC", syscall.ENOSPC, true}, {"short write", nil, true}} {
		for _, kind := range []string{"alone", "batch", "loose"} {
			t.Run(fault.name+" "+kind, func(t *testing.T) {
				t.Parallel()
				everyFault(t, kind, &faulty{err: fault.err, half: fault.half})
			})
		}
	}
}

func everyFault(t *testing.T, kind string, disk *faulty) {
	o := Options{wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }}
	r := openBook(t, o)
	before := update(t, r, map[string][]byte{"loki/ops/x.yaml": []byte("x"), "n": []byte("0")})
	o.Dir, o.Committer, o.Logger = r.dir, service, r.log
	failed, succeeded := 0, 0
	var reopened error
	defer func() { _ = r.Close() }()
	for n := int64(1); ; n++ {
		clear(r.objects.trees)
		if kind == "loose" {
			r.house.packs.Store(maxPacks)
		}
		line := fmt.Sprint(n)
		one := func(i int) plan {
			return change(map[string][]byte{"n": fmt.Append(nil, line, i), fmt.Sprint("new/", line, "/", i, ".yaml"): []byte(line)})
		}
		var ended []outcome
		if kind == "batch" {
			ended = inOneBatch(t, r, func() { disk.left.Store(n) }, nil, one(1), one(2), one(3))
		} else {
			disk.left.Store(n)
			tree, err := r.Update(t.Context(), one(1))
			ended = []outcome{{tree, err}}
		}
		hit := disk.left.Load() <= 0
		disk.left.Store(-1)

		last := ended[len(ended)-1]
		for _, o := range ended {
			if o.err != nil && rules.KindOf(o.err) != rules.Unavailable {
				t.Fatalf("operation %d: %v, want kind Unavailable", n, o.err)
			}
		}
		if last.err == nil {
			succeeded++
		} else {
			failed++
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if r, reopened = Open(t.Context(), o); reopened != nil { // what a failed removal leaves behind is removed
			t.Fatalf("operation %d: %v", n, reopened)
		}
		head, headErr := r.Head(t.Context())
		if headErr != nil {
			t.Fatalf("operation %d: the rulebook is not readable after %v: %v", n, last.err, headErr)
		}
		landed := before
		for _, o := range ended {
			if o.err == nil {
				landed = o.tree
			}
		}
		if head.Revision() != landed.Revision() {
			t.Fatalf("operation %d: the head is %s, but %v", n, head.Revision(), ended)
		}
		before = head
		if n%10 == 0 || !hit {
			fsck(t, r.dir)
		}
		if !hit {
			break
		}
	}
	content(t, before, "")
	t.Logf("%d operations failed an update, %d did not", failed, succeeded)
	if failed < 20 || succeeded == 0 {
		t.Errorf("%d updates failed and %d succeeded: the faults do not reach what they should", failed, succeeded)
	}
	if out := runGit(t, r.dir, "count-objects", "-v"); !strings.Contains(out, "garbage: 0\n") {
		t.Errorf("failed updates leave files behind:\n%s", out)
	}
}
