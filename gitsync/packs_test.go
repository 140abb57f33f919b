package gitsync

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
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

// TestIndexesAreReadSeldom counts how often the indexes of packs are opened: each of our own packs and each that somebody pushed once, and
// none for what is not there.
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
	expect("our own packs", 5)

	work := outsider(t, r.dir)
	write(t, work, "big", bytes.Repeat([]byte("outside\n"), 1000))
	push(t, work)
	runGit(t, r.dir, "repack", "-q", "-d") // the push becomes a pack
	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content(t, head, "")
	expect("somebody else's pack", 1)
	missing()
	expect("nothing new", 0)
}

// TestMuchIsWritten writes more than is remembered.
func TestMuchIsWritten(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	var first string
	for i := range 2 * maxBases / maxBase {
		tree := update(t, r, map[string][]byte{"x": bytes.Repeat(fmt.Append(nil, i%10), maxBase)})
		if i == 0 {
			first = tree.Revision()
		}
	}
	kept := 0
	for _, generation := range []map[place]plain{r.objects.packs.bases.young, r.objects.packs.bases.old} {
		for _, object := range generation {
			kept += len(object.content)
		}
	}
	if kept > maxBases {
		t.Errorf("%d bytes are kept", kept)
	}
	tree, err := r.At(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	if got := content(t, tree, "")["x"]; len(got) != maxBase || got[0] != '0' {
		t.Errorf("the first state has %d bytes", len(got))
	}
}

// TestListingBesideRemovals lists packs while files come and go beside them, as they do with every change: its .keep file, what git writes.
// A directory that is listed name by name with a look at each has failed then, and was taken for an empty one.
func TestListingBesideRemovals(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	for i := range 5 {
		update(t, r, map[string][]byte{"dir/x": fmt.Append(nil, i)})
	}
	stop := make(chan struct{})
	var coming sync.WaitGroup
	for n := range 4 {
		coming.Go(func() {
			name := filepath.Join(r.dir, packDir, fmt.Sprintf("pack-%040d.keep", n))
			for {
				select {
				case <-stop:
					return
				default:
					if err := errors.Join(os.WriteFile(name, nil, 0o600), os.Remove(name)); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 2000 {
		if packs, err := r.objects.packs.list(); err != nil || len(packs) != 5 {
			t.Fatalf("%d packs, %v", len(packs), err)
		}
	}
	close(stop)
	coming.Wait()
}

// pruningDisk runs `git prune --expire=now` whenever a pack that was written is about to get its name.
type pruningDisk struct {
	billy.Filesystem
	pruned atomic.Int64
}

func (d *pruningDisk) Rename(from, to string) error {
	if path.Dir(to) == packDir {
		if out, err := tryGit(d.Root(), "prune", "--expire=now"); err != nil {
			return fmt.Errorf("git prune: %w: %s", err, out)
		}
		d.pruned.Add(1)
	}
	return d.Filesystem.Rename(from, to)
}

// TestPrunedWhileWriting has an operator's `git prune --expire=now` meet what is being written, by us and from a Git server.
func TestPrunedWhileWriting(t *testing.T) {
	t.Parallel()
	disk := &pruningDisk{}
	host := gitHost(t)
	work := outsider(t, host)
	write(t, work, "x", []byte("1"))
	push(t, work)
	r := openBook(t, Options{Remote: at(t, host), wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }})
	if n := disk.pruned.Load(); n == 0 {
		t.Error("no prune met the clone")
	}
	disk.pruned.Store(0)
	update(t, r, map[string][]byte{"x": []byte("2")})
	if n := disk.pruned.Load(); n == 0 {
		t.Error("no prune met the update")
	}
	fsck(t, r.dir)
}
