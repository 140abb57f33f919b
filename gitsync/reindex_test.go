package gitsync

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/go-git/go-billy/v5"
)

// countingDisk counts how often the index of a pack is opened.
type countingDisk struct {
	billy.Filesystem
	indexes atomic.Int64
}

func (d *countingDisk) Open(name string) (billy.File, error) {
	if strings.HasSuffix(name, ".idx") {
		d.indexes.Add(1)
	}
	return d.Filesystem.Open(name)
}

func (d *countingDisk) OpenFile(name string, flag int, perm os.FileMode) (billy.File, error) {
	if strings.HasSuffix(name, ".idx") {
		d.indexes.Add(1)
	}
	return d.Filesystem.OpenFile(name, flag, perm)
}

// TestIndexesAreReadSeldom counts how often the indexes of packs are read: not for what we write, once for what is not there, and again when
// somebody pushed.
func TestIndexesAreReadSeldom(t *testing.T) {
	t.Parallel()
	disk := &countingDisk{}
	o := Options{wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }}
	r := openBook(t, o)
	update(t, r, map[string][]byte{"log": {}})
	missing := func() {
		t.Helper()
		if _, err := r.At(t.Context(), strings.Repeat("12", 20)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("a commit that is not there: %v", err)
		}
	}
	expect := func(what string, want int64) {
		t.Helper()
		if got := disk.indexes.Swap(0); got != want {
			t.Errorf("%s: %d indexes were read, want %d", what, got, want)
		}
	}
	missing()
	disk.indexes.Store(0)
	for i := range 5 {
		tree := update(t, r, map[string][]byte{"dir/x": fmt.Append(nil, i)})
		content(t, tree, "")
		missing()
	}
	expect("our own packs", 0)

	work := outsider(t, r.dir)
	write(t, work, "big", bytes.Repeat([]byte("outside\n"), 1000))
	push(t, work)
	runGit(t, r.dir, "repack", "-q", "-d") // the push becomes a pack
	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content(t, head, "")
	expect("somebody else's pack", 7)
	missing()
	expect("nothing new", 0)
}

// TestMuchIsWritten writes more than is kept in memory.
func TestMuchIsWritten(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	var first string
	for i := range 12 {
		tree := update(t, r, map[string][]byte{"x": bytes.Repeat(fmt.Append(nil, i%10), 3<<20)})
		if i == 0 {
			first = tree.Revision()
		}
	}
	if r.objects.fresh.size > maxFresh || len(r.objects.fresh.objects) > 11*3 {
		t.Errorf("%d bytes in %d objects are kept", r.objects.fresh.size, len(r.objects.fresh.objects))
	}
	tree, err := r.At(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, tree, "")["x"]; len(got) != 3<<20 || got[0] != '0' {
		t.Errorf("the first state has %d bytes", len(got))
	}
}
