package gitsync

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"
)

func TestDeleteRef(t *testing.T) {
	t.Parallel()
	const doubt = "refs/alertsmith/doubt/r1"
	r := openBook(t, Options{})
	first := plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("1")}).Revision())
	second := plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("2")}).Revision())
	runGit(t, r.dir, "tag", "-a", "-m", "tag", "t1", first.String())
	for name, prepare := range map[string]func(){
		"loose":  func() {},
		"packed": func() { runGit(t, r.dir, "pack-refs", "--all") },
		"packed with an older": func() { // packed-refs holds another value than the loose ref
			runGit(t, r.dir, "update-ref", doubt, first.String())
			runGit(t, r.dir, "pack-refs", "--all")
			runGit(t, r.dir, "update-ref", doubt, second.String())
		},
	} {
		runGit(t, r.dir, "update-ref", doubt, second.String())
		prepare()
		if err := deleteRef(r.fs, doubt, first); !errors.Is(err, errMoved) {
			t.Errorf("%s: deleting a ref that stands elsewhere: %v, want %v", name, err, errMoved)
		}
		if err := deleteRef(r.fs, doubt, second); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := runGit(t, r.dir, "for-each-ref", "--format=%(refname)"); got != "refs/heads/main\nrefs/tags/t1\n" {
			t.Errorf("%s: refs left:\n%s", name, got)
		}
		if got := strings.TrimSpace(runGit(t, r.dir, "rev-parse", "t1^{}")); got != first.String() {
			t.Errorf("%s: the tag leads to %s", name, got)
		}
		if locks, err := filepath.Glob(filepath.Join(r.dir, "*.lock")); err != nil || len(locks) > 0 {
			t.Errorf("%s: %v, %v stay", name, locks, err)
		}
	}
	write(t, r.dir, doubt+".lock", nil)
	if err := deleteRef(r.fs, doubt, plumbing.ZeroHash); !errors.Is(err, errLocked) {
		t.Errorf("deleting a locked ref: %v, want %v", err, errLocked)
	}
	if err := os.Remove(filepath.Join(r.dir, doubt+".lock")); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedRefs starts with refs as a full disk or a slip leaves them: of those that are not ours nothing is read, and ours are named with what
// mends them.
func TestDamagedRefs(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ ref, content, want string }{
		"an operator's, empty":      {"refs/heads/old", "", ""},
		"an operator's, no hash":    {"refs/heads/old", "garbage\n", ""},
		"a deep one":                {"refs/tags/a/b", "", ""},
		"a doubt":                   {doubtRefs + strings.Repeat("12", 20) + "-" + strings.Repeat("34", 20), "", "its name ends in"},
		"where the server stood":    {"refs/remotes/origin/main", "", "Remove that file"},
		"the rulebook's own branch": {"refs/heads/main", "\x00\x00", "newest commit into that file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			host := gitHost(t)
			o := Options{Dir: filepath.Join(t.TempDir(), "rulebook.git"), Remote: at(t, host), Committer: service}
			r := openBook(t, o)
			add(t, r, "a line")
			if err := errors.Join(r.round(t.Context()), r.Close()); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(o.Dir, tc.ref)
			was, _ := os.ReadFile(file) // nothing where there is none
			write(t, o.Dir, tc.ref, []byte(tc.content))
			again, err := Open(t.Context(), o)
			if err == nil {
				err = again.Close()
			}
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.ref+" is damaged") || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("Open = %v, want %q", err, tc.want)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			if was != nil {
				write(t, o.Dir, tc.ref, was)
			}
		})
	}
}

// TestRefsBelow lists loose and packed refs of one directory.
func TestRefsBelow(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	first, second := plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("1")}).Revision()), plumbing.NewHash(update(t, r, map[string][]byte{"x": []byte("2")}).Revision())
	want := map[plumbing.ReferenceName]plumbing.Hash{}
	list := func(what string) {
		t.Helper()
		got, err := r.refsBelow(keptRefs)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", what, err, diff)
		}
	}
	list("none")
	runGit(t, r.dir, "update-ref", keptRefs+"a", first.String())
	runGit(t, r.dir, "update-ref", keptRefs+"b", first.String())
	runGit(t, r.dir, "update-ref", doubtRefs+"c", first.String())
	runGit(t, r.dir, "pack-refs", "--all", "--prune")
	want[keptRefs+"a"], want[keptRefs+"b"] = first, first
	list("packed")
	runGit(t, r.dir, "update-ref", keptRefs+"b", second.String())
	write(t, r.dir, keptRefs+"c.lock", nil)
	want[keptRefs+"b"] = second
	list("one moved since")
	write(t, r.dir, keptRefs+"b", nil)
	if _, err := r.refsBelow(keptRefs); err == nil || !strings.Contains(err.Error(), "is not kept any more") {
		t.Errorf("a damaged one: %v", err)
	}
	if err := os.Remove(filepath.Join(r.dir, keptRefs+"b")); err != nil {
		t.Fatal(err)
	}
}
