package gitsync

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/google/go-cmp/cmp"
)

// TestGoGitOverDurable has go-git itself write refs, config, shallow, packed-refs and objects, with every disk operation
// failing in turn: each file has its old or its new content, and no lock stays behind.
func TestGoGitOverDurable(t *testing.T) {
	t.Parallel()
	one, two := plumbing.NewHash("1111111111111111111111111111111111111111"), plumbing.NewHash("2222222222222222222222222222222222222222")
	ref := func(h plumbing.Hash) *plumbing.Reference {
		return plumbing.NewHashReference("refs/remotes/origin/main", h)
	}
	writes := map[string]struct {
		file       string
		prepare    func(*filesystem.Storage) error
		write      func(*filesystem.Storage) error
		old, after string
		silent     bool // go-git itself loses the error
	}{
		"ref": {
			"refs/remotes/origin/main",
			func(s *filesystem.Storage) error { return s.SetReference(ref(one)) },
			func(s *filesystem.Storage) error { return s.CheckAndSetReference(ref(two), ref(one)) },
			one.String() + "\n", two.String() + "\n", false,
		},
		"config": {
			"config",
			func(s *filesystem.Storage) error { return s.SetConfig(config.NewConfig()) },
			func(s *filesystem.Storage) error {
				c := config.NewConfig()
				c.Core.IsBare = true
				return s.SetConfig(c)
			},
			"[core]\n\tbare = false\n", "[core]\n\tbare = true\n", false,
		},
		"shallow": {
			"shallow",
			func(s *filesystem.Storage) error { return s.SetShallow([]plumbing.Hash{one}) },
			func(s *filesystem.Storage) error { return s.SetShallow([]plumbing.Hash{two}) },
			one.String() + "\n", two.String() + "\n", true, // SetShallow of v5.19.3 drops what Close says
		},
	}
	for name, test := range writes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n := int64(1); ; n++ {
				dir := t.TempDir()
				disk := &faulty{Filesystem: osfs.New(dir, osfs.WithBoundOS()), err: errors.New("fault")}
				store := filesystem.NewStorage(&durable{Filesystem: disk, step: func(string) {}}, cache.NewObjectLRUDefault())
				if err := errors.Join(store.Init(), test.prepare(store)); err != nil {
					t.Fatal(err)
				}
				disk.left.Store(n)
				err := test.write(store)
				hit := disk.left.Load() <= 0
				disk.left.Store(-1)

				got, readErr := os.ReadFile(filepath.Join(dir, test.file))
				if readErr != nil {
					t.Fatal(readErr)
				}
				if err == nil && !test.silent && string(got) != test.after {
					t.Errorf("operation %d: no error and %q", n, got)
				}
				if string(got) != test.old && string(got) != test.after {
					t.Errorf("operation %d: %s is torn: %q", n, test.file, got)
				}
				if !hit {
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
}

// TestRejectedCompareAndSwap is go-git#2399: a compare-and-swap that fails on a packed ref must not leave an empty loose ref.
func TestRejectedCompareAndSwap(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	first := update(t, r, map[string][]byte{"x": []byte("1")})
	head := update(t, r, map[string][]byte{"x": []byte("2")})
	runGit(t, r.dir, "pack-refs", "--all")
	err := moveRef(r.fs, r.branch, plumbing.NewHash(first.Revision()), plumbing.NewHash(first.Revision()))
	if !errors.Is(err, errMoved) {
		t.Errorf("moveRef from an old commit = %v, want %v", err, errMoved)
	}
	if err := r.objects.store.CheckAndSetReference(plumbing.NewHashReference(r.branch, plumbing.NewHash(first.Revision())), plumbing.NewHashReference(r.branch, plumbing.NewHash(first.Revision()))); err == nil {
		t.Error("go-git's own compare-and-swap from an old commit succeeded")
	}
	for _, name := range []string{"refs/heads/main", "refs/heads/main.lock"} {
		if _, err := os.Lstat(filepath.Join(r.dir, name)); !os.IsNotExist(err) {
			t.Errorf("%s was left behind: %v", name, err)
		}
	}
	if got, err := readRef(r.fs, r.branch); err != nil || got.String() != head.Revision() {
		t.Errorf("the branch stands at %s, %v; want %s", got, err, head.Revision())
	}
}

// TestSteps asserts the order in which an update tells its steps.
func TestSteps(t *testing.T) {
	t.Parallel()
	var steps []string
	r := openBook(t, Options{Step: func(s string) { steps = append(steps, s) }})
	update(t, r, map[string][]byte{"x": nil, "y": {}})
	want := []string{StepPlan, StepCompare, StepObjects, StepRefLock, StepRefWrite, StepRefRename, StepRefSync, StepDone}
	if diff := cmp.Diff(want, steps); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// TestHostileTrees puts trees into the repository that Git itself would not write.
func TestHostileTrees(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	good := update(t, r, map[string][]byte{"good": []byte("good")})
	deep := func() (plumbing.Hash, []plumbing.EncodedObject) { // 10 levels of 10 names for one directory: 10^10 files
		b := &builder{objects: r.objects}
		at := b.blob([]byte("x"))
		mode := "100644"
		for range 10 {
			var raw []byte
			for c := 'a'; c <= 'j'; c++ {
				raw = append(raw, mode+" "+string(c)+"\x00"...)
				raw = append(raw, at[:]...)
			}
			next, err := b.add(rawTree(raw))
			if err != nil {
				t.Fatal(err)
			}
			at = next
			mode = "40000"
		}
		return at, b.made
	}
	bomb, made := deep()
	if err := r.fs.write(made); err != nil {
		t.Fatal(err)
	}
	if list, err := (&tree{objects: r.objects, root: bomb}).List(""); err != nil || len(list) != maxFiles {
		t.Errorf("of a tree that pretends to hold 10^10 files %d are listed, %v, want %d, of which Irregular tells", len(list), err, maxFiles)
	}

	b := &builder{objects: r.objects}
	blob := b.blob([]byte("evil"))
	var raw []byte
	for _, name := range []string{"..", "a/b", "a\nb", `a\b`, "ok"} {
		raw = append(raw, "100644 "+name+"\x00"...)
		raw = append(raw, blob[:]...)
	}
	root, err := b.add(rawTree(raw))
	if err != nil {
		t.Fatal(err)
	}
	hostile := &tree{objects: r.objects, root: root}
	list, err := func() (map[string]string, error) {
		if err := r.fs.write(b.made); err != nil {
			return nil, err
		}
		defer func() { // `git fsck` would rightly complain
			h := root.String()
			if err := os.Remove(filepath.Join(r.dir, "objects", h[:2], h[2:])); err != nil {
				t.Error(err)
			}
		}()
		return hostile.List("")
	}()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"ok": blob.String()}, list); diff != "" {
		t.Errorf("what a hostile tree lists (-want +got):\n%s", diff)
	}
	if head, err := r.Head(t.Context()); err != nil || head.Revision() != good.Revision() {
		t.Errorf("the head is %v, %v", head, err)
	}
}

// rawTree encodes a tree as it is.
func rawTree(raw []byte) func(plumbing.EncodedObject) error {
	return func(o plumbing.EncodedObject) error {
		o.SetType(plumbing.TreeObject)
		w, err := o.Writer()
		if err != nil {
			return err
		}
		_, err = w.Write(raw)
		return err
	}
}
