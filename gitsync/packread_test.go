package gitsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
)

// packedRepository returns a repository with many states of files, packed by git with these options.
func packedRepository(t *testing.T, repack ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "packed.git")
	runGit(t, t.TempDir(), "init", "-q", "--bare", dir)
	random := rand.New(rand.NewPCG(1, 2))
	var stream bytes.Buffer
	lines := make([][]string, 20)
	for i := range 200 {
		file := i % len(lines)
		at := 0
		if len(lines[file]) > 0 {
			at = random.IntN(len(lines[file]))
		}
		lines[file] = append(lines[file][:at:at], append([]string{fmt.Sprintf("%d %x", i, random.Uint64())}, lines[file][at:]...)...)
		text := strings.Join(lines[file], "\n")
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@b> %d +0000\ndata 1\nx\nM 644 inline d%d/f%d\ndata %d\n%s\n", 1e9+i, file%4, file, len(text), text)
		for extra := range 10 { // so that the index is large
			fmt.Fprintf(&stream, "M 644 inline more/%d/%d\ndata 16\n%016x\n", i, extra, random.Uint64())
		}
	}
	importer := filepath.Join(t.TempDir(), "stream")
	if err := os.WriteFile(importer, stream.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, "config", "alias.take", "!git fast-import --quiet <"+importer)
	runGit(t, dir, "take")
	runGit(t, dir, repack...)
	return dir
}

// objectsOf reads a repository as the service does.
func objectsOf(dir string) *objects {
	return newObjects(&durable{Filesystem: osfs.New(dir, osfs.WithBoundOS()), step: func(string) {}})
}

// everyObject returns the objects of a repository as git tells them: "name kind size" of each.
func everyObject(t *testing.T, dir string) []string {
	t.Helper()
	return strings.Split(strings.TrimSpace(runGit(t, dir, "cat-file", "--batch-all-objects", "--batch-check")), "\n")
}

// TestPacksAreReadAsGitReadsThem reads every object of packs as git makes them, by many at once.
func TestPacksAreReadAsGitReadsThem(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		repack []string
	}{
		{"deltas by place", []string{"repack", "-q", "-a", "-d", "-f", "--depth=50", "--window=50"}},
		{"deltas by name", []string{"-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-a", "-d", "-f", "--depth=200", "--window=50"}},
		{"no deltas", []string{"repack", "-q", "-a", "-d", "-f", "--depth=0"}},
		{"several packs", []string{"-c", "pack.packSizeLimit=1m", "repack", "-q", "-a", "-d", "-f"}},
		{"loose", []string{"config", "a.b", "c"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := packedRepository(t, test.repack...)
			if test.name == "loose" {
				packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
				for i, p := range packs {
					aside := filepath.Join(t.TempDir(), fmt.Sprint(i))
					if err := errors.Join(os.Rename(p, aside), os.Remove(strings.TrimSuffix(p, ".pack")+".idx")); err != nil {
						t.Fatal(err)
					}
					runGit(t, dir, "config", "alias.unpack", "!git unpack-objects -q <"+aside)
					runGit(t, dir, "unpack")
				}
			}
			requireAll(t, dir)
		})
	}
}

// requireAll reads all objects, by four at once in different orders, and compares them with git's names, which are sums of the content.
func requireAll(t *testing.T, dir string) {
	t.Helper()
	all := everyObject(t, dir)
	if len(all) < 2500 {
		t.Fatalf("there are %d objects", len(all))
	}
	o := objectsOf(dir)
	var readers sync.WaitGroup
	for reader := range 4 {
		readers.Go(func() {
			for n := range all {
				var name, kind string
				var size int64
				if _, err := fmt.Sscan(all[(n*(2*reader+1)+reader)%len(all)], &name, &kind, &size); err != nil {
					t.Error(err)
					return
				}
				want, err := plumbing.ParseObjectType(kind)
				if err != nil {
					t.Error(err)
					return
				}
				object, err := o.read(want, plumbing.NewHash(name), maxFile)
				if err != nil {
					t.Error(err)
					return
				}
				content, err := contentOf(object)
				if err != nil || int64(len(content)) != size || plumbing.ComputeHash(want, content).String() != name {
					t.Errorf("%s %s: %d bytes of %d, %v", kind, name, len(content), size, err)
					return
				}
				if _, err := o.read(want, plumbing.NewHash(name), size-1); !errors.Is(err, ErrTooLarge) {
					t.Errorf("%s %s of %d bytes, where one less is allowed: %v", kind, name, size, err)
				}
			}
		})
	}
	readers.Wait()
}

// TestWidePlaces reads an index whose places are written with eight bytes, as in packs over 2 GB.
func TestWidePlaces(t *testing.T) {
	t.Parallel()
	dir := packedRepository(t, "repack", "-q", "-a", "-d", "-f")
	packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	if len(packs) != 1 {
		t.Fatalf("packs are %q", packs)
	}
	if err := os.Remove(strings.TrimSuffix(packs[0], ".pack") + ".idx"); err != nil {
		t.Fatal(err)
	}
	runGit(t, dir, "index-pack", "--index-version=2,0x400", packs[0])
	requireAll(t, dir)
}

// TestDamagedPacks flips bytes of a pack and its index, and cuts them off: what is read is what it was, or an error.
func TestDamagedPacks(t *testing.T) {
	t.Parallel()
	dir := packedRepository(t, "repack", "-q", "-a", "-d", "-f")
	all := everyObject(t, dir)
	files, _ := filepath.Glob(filepath.Join(dir, "objects/pack/pack-*.[ip][da][xc]*"))
	if len(files) != 2 {
		t.Fatalf("the files are %q", files)
	}
	random := rand.New(rand.NewPCG(3, 4))
	failed := 0
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, 0o600); err != nil {
			t.Fatal(err)
		}
		for i := range 30 {
			damaged := bytes.Clone(whole)
			if i%10 == 9 {
				damaged = damaged[:random.IntN(len(whole))]
			}
			for range min(20, len(damaged)) {
				damaged[random.IntN(len(damaged))] ^= byte(1 + random.IntN(255))
			}
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			o := objectsOf(dir)
			for range 100 {
				name, rest, _ := strings.Cut(all[random.IntN(len(all))], " ")
				kind, _, _ := strings.Cut(rest, " ")
				wanted, _ := plumbing.ParseObjectType(kind)
				object, err := o.read(wanted, plumbing.NewHash(name), maxFile)
				if err != nil {
					failed++
					continue
				}
				content, err := contentOf(object)
				if got := plumbing.ComputeHash(wanted, content).String(); err != nil || got != name {
					t.Errorf("%s %s is read as %s, %v", kind, name, got, err)
				}
			}
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if failed == 0 {
		t.Error("nothing was damaged")
	}
	requireAll(t, dir)
}

// TestReadersBesideRepack reads the newest state all the time, as chat commands and the index do, while changes make packs and git merges and
// removes them: no reader ever misses what is there.
func TestReadersBesideRepack(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"dir/x": []byte("0")})
	ctx, stop := context.WithCancel(t.Context())
	var helping sync.WaitGroup
	var read atomic.Int64
	for range 8 {
		helping.Go(func() {
			for ctx.Err() == nil {
				head, err := r.head()
				if err != nil {
					t.Errorf("the head: %v (%v)", err, errors.Unwrap(err))
					return
				}
				if _, err := head.Read("dir/x"); err != nil {
					t.Errorf("a file: %v (%v)", err, errors.Unwrap(err))
					return
				}
				if _, err := r.At(t.Context(), head.Revision()); err != nil {
					t.Errorf("the commit: %v", err)
					return
				}
				read.Add(1)
			}
		})
	}
	helping.Go(func() {
		for ctx.Err() == nil {
			if err := r.housekeep(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("housekeeping: %v", err)
				return
			}
		}
	})
	for i := range 80 {
		update(t, r, map[string][]byte{"dir/x": fmt.Append(nil, i+1)})
	}
	stop()
	helping.Wait()
	if read.Load() < 80 {
		t.Errorf("%d reads", read.Load())
	}
}
