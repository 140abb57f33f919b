package gitsync

import (
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"

	"github.com/alertsmith/alertsmith/rules"
)

// hidden is a disk on which one file may not be read, as where another user owns it.
type hidden struct {
	billy.Filesystem
	name atomic.Pointer[string]
}

func (h *hidden) Open(name string) (billy.File, error) {
	if of := h.name.Load(); of != nil && filepath.Clean(name) == *of {
		return nil, &os.PathError{Op: "open", Path: h.Join(h.Root(), name), Err: syscall.EACCES}
	}
	return h.Filesystem.Open(name)
}

// TestUnreadableSaysWhy has a branch that may not be read, one that is damaged, and one whose commit is gone: the error says to a person why, and what helps.
func TestUnreadableSaysWhy(t *testing.T) {
	t.Parallel()
	const branch = "refs/heads/main"
	for name, tc := range map[string]struct {
		harm func(t *testing.T, r *Rulebook, h *hidden)
		want []string
	}{
		"another's":   {func(_ *testing.T, _ *Rulebook, h *hidden) { of := branch; h.name.Store(&of) }, []string{"permission denied at /", branch, "chown -R"}},
		"damaged":     {func(t *testing.T, r *Rulebook, _ *hidden) { writeRef(t, r, "half a hash") }, []string{branch + " is damaged"}},
		"commit gone": {func(t *testing.T, r *Rulebook, _ *hidden) { writeRef(t, r, strings.Repeat("1", 40)) }, []string{"it is not there", "fsck"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &hidden{}
			r := openBook(t, Options{wrap: func(fs billy.Filesystem) billy.Filesystem { h.Filesystem = fs; return h }})
			good := update(t, r, map[string][]byte{"x": []byte("1")}).Revision()
			tc.harm(t, r, h)
			_, err := r.Head(t.Context())
			text := textOf(err)
			for _, want := range append(tc.want, "cannot be read") {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q: %q", want, text)
				}
			}
			if rules.KindOf(err) != rules.Unavailable {
				t.Errorf("it is %v", err)
			}
			h.name.Store(nil)
			writeRef(t, r, good)
		})
	}
}

func writeRef(t *testing.T, r *Rulebook, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, "refs/heads/main"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestPartialCloneIsRefused opens a clone that lacks content, which nobody would fetch, and one that has all.
func TestPartialCloneIsRefused(t *testing.T) {
	t.Parallel()
	dir := randomHistory(t, 3, 10)
	runGit(t, dir, "config", "uploadpack.allowFilter", "true")
	clone := filepath.Join(t.TempDir(), "partial.git")
	runGit(t, t.TempDir(), "clone", "-q", "--bare", "--filter=blob:none", "file://"+dir, clone)
	_, err := Open(t.Context(), Options{Dir: clone, Committer: service})
	if text := textOf(err); rules.KindOf(err) != rules.Unavailable || !strings.Contains(text, "partial clone") || !strings.Contains(text, "git clone --bare URL "+clone) {
		t.Errorf("it is opened, or refused with %v", err)
	}
	if err := os.RemoveAll(clone); err != nil {
		t.Fatal(err)
	}
	runGit(t, t.TempDir(), "clone", "-q", "--bare", "file://"+dir, clone)
	openBook(t, Options{Dir: clone})
}
