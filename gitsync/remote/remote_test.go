package remote_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

func TestPushAndFetch(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		r, l := h.open(t), newLocal(t)
		if tip, err := r.Tip(t.Context()); err != nil || !tip.IsZero() {
			t.Fatalf("the tip of an empty repository is %v, %v", tip, err)
		}
		first := l.commit(t, zero, "a.yaml", strings.Repeat("a random line of text\n", 5000))
		if err := r.Push(t.Context(), zero, first, l.pack(t, zero, first)); err != nil {
			t.Fatal(err)
		}
		second := l.commit(t, first, "b.yaml", "b")
		if err := r.Push(t.Context(), first, second, l.pack(t, first, second)); err != nil {
			t.Fatal(err)
		}
		tip, err := r.Tip(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]plumbing.Hash{second, second}, []plumbing.Hash{tip, h.tip(t)}); diff != "" {
			t.Error(diff)
		}
		if err := r.Push(t.Context(), first, second, nil); err != nil {
			t.Errorf("a push of what is there already: %v", err)
		}
		remotetest.Fsck(t, h.dir)

		clone := newLocal(t)
		var all, one int64
		if err := r.Fetch(t.Context(), second, nil, nil, clone.store(t, &all)); err != nil {
			t.Fatal(err)
		}
		remotetest.Fsck(t, clone.dir)
		remotetest.Git(t, clone.dir, "update-ref", "refs/heads/main", second.String())
		remotetest.Fsck(t, clone.dir)
		third := l.commit(t, second, "c.yaml", "c")
		if err := r.Push(t.Context(), second, third, l.pack(t, second, third)); err != nil {
			t.Fatal(err)
		}
		unknown := plumbing.NewHash("0123456789012345678901234567890123456789")
		if err := r.Fetch(t.Context(), third, []plumbing.Hash{unknown, second, first}, func(string) {}, clone.store(t, &one)); err != nil {
			t.Fatal(err)
		}
		if got := len(git(t, clone.dir, "", "rev-list", third.String())); got != 3*41 {
			t.Errorf("after the fetches %d bytes of commits are there", got)
		}
		if one > 1000 {
			t.Errorf("the pack of one small commit has %d bytes; all had %d", one, all)
		}
	})
}

func TestPushLosesTheRace(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		r, l := h.open(t), newLocal(t)
		theirs := l.commit(t, zero, "theirs", "x")
		if err := r.Push(t.Context(), zero, theirs, l.pack(t, zero, theirs)); err != nil {
			t.Fatal(err)
		}
		ours := l.commit(t, zero, "ours", "y")
		err := r.Push(t.Context(), zero, ours, nil)
		if !errors.Is(err, remote.ErrMoved) || errors.Is(err, remote.ErrUnsent) {
			t.Errorf("a push onto a branch that has moved: %v", err)
		}
		if err := r.Fetch(t.Context(), ours, nil, nil, nil); !errors.Is(err, remote.ErrMoved) {
			t.Errorf("a fetch of a tip that is none: %v", err)
		}
		if got := h.tip(t); got != theirs {
			t.Errorf("the branch stands at %v", got)
		}
	})
}

// The race is lost between the advertisement and the report: the hook moves the branch meanwhile.
func TestPushLosesTheRaceLate(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		r, l := h.open(t), newLocal(t)
		first := l.commit(t, zero, "first", "x")
		if err := r.Push(t.Context(), zero, first, l.pack(t, zero, first)); err != nil {
			t.Fatal(err)
		}
		theirs := l.commit(t, first, "theirs", "y")
		remotetest.Git(t, h.dir, "fetch", "--quiet", l.dir, theirs.String()+":refs/theirs")
		remotetest.Hook(t, h.dir, "pre-receive", "unset GIT_QUARANTINE_PATH; git update-ref refs/heads/main "+theirs.String())
		ours := l.commit(t, first, "ours", "z")
		err := r.Push(t.Context(), first, ours, l.pack(t, first, ours))
		if _, ok := errors.AsType[*remote.Rejected](err); !ok {
			t.Errorf("a push that lost late: %v", err)
		}
		if got := h.tip(t); got != theirs {
			t.Errorf("the branch stands at %v, not at %v", got, theirs)
		}
		remotetest.Fsck(t, h.dir)
	})
}

func TestPushRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*testing.T, string)
		want  []string
	}{
		{"by a hook", func(t *testing.T, dir string) {
			remotetest.Hook(t, dir, "pre-receive", `printf 'branch is protected\033[31m\n' >&2; exit 1`)
		}, []string{"pre-receive hook declined", "\nbranch is protected[31m"}},
		{"by a locked branch", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "refs/heads/main.lock"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, []string{"failed to update ref"}},
		{"by a limit on size", func(t *testing.T, dir string) {
			remotetest.Git(t, dir, "config", "receive.maxInputSize", "100")
		}, []string{"unpack"}},
		{"by fsck", func(t *testing.T, dir string) {
			remotetest.Git(t, dir, "config", "receive.fsckObjects", "true")
			remotetest.Git(t, dir, "config", "receive.denyNonFastForwards", "true")
			remotetest.Hook(t, dir, "update", "exit 1")
		}, []string{"hook declined"}},
		{"by a directory that cannot be written", func(t *testing.T, dir string) {
			if os.Getuid() == 0 {
				t.Skip("NOT TESTED: root may write everywhere; run the tests as another user")
			}
			chmod(t, filepath.Join(dir, "objects"), 0o555)
		}, []string{"unpack"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachHost(t, func(t *testing.T, h host) {
				r, l := h.open(t), newLocal(t)
				c.spoil(t, h.dir)
				ours := l.commit(t, zero, "ours", strings.Repeat("y", 10_000)+h.dir)
				err := r.Push(t.Context(), zero, ours, l.pack(t, zero, ours))
				has(t, err, c.want...)
				if _, ok := errors.AsType[*remote.Rejected](err); !ok || errors.Is(err, remote.ErrUnsent) {
					t.Errorf("not a refusal: %v", err)
				}
				if got := h.tip(t); !got.IsZero() {
					t.Errorf("the branch stands at %v", got)
				}
			})
		})
	}
}

// chmod changes a directory's rights until the test ends.
func chmod(t *testing.T, dir string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(dir, mode); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
}

func TestNoRepository(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		h.config.URL += "-gone"
		r := h.open(t)
		_, err := r.Tip(t.Context())
		has(t, err, "has no repository", "-gone")
		has(t, r.Push(t.Context(), zero, plumbing.NewHash("0123456789012345678901234567890123456789"), nil), "has no repository", "nothing was sent")
	})
}

// A branch that is not main, a large pack that is sent while it is made, and hooks that print.
func TestPushLarge(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		h.config.Branch = "team/rules"
		remotetest.Hook(t, h.dir, "post-receive", "sleep 0.2; echo done > "+filepath.Join(h.dir, "told"))
		r, l := h.open(t), newLocal(t)
		first := l.commit(t, zero, "noise", string(noise(5<<20)))
		if err := r.Push(t.Context(), zero, first, l.pack(t, zero, first)); err != nil {
			t.Fatal(err)
		}
		if got := remotetest.Tip(t, h.dir, "team/rules"); got != first.String() {
			t.Errorf("the branch stands at %q", got)
		}
		if _, err := os.Stat(filepath.Join(h.dir, "told")); err != nil {
			t.Errorf("the hook after the push did not run to its end: %v", err)
		}
		remotetest.Fsck(t, h.dir)
		var size int64
		h.config.MaxPack = 1 << 20
		err := h.open(t).Fetch(t.Context(), first, nil, nil, newLocal(t).store(t, &size))
		has(t, err, "more than the 1048576 bytes")
		said := 0
		if err := r.Fetch(t.Context(), first, nil, func(string) { said++ }, newLocal(t).store(t, &size)); err != nil {
			t.Fatal(err)
		}
		if size < 5<<20 || said == 0 {
			t.Errorf("fetched %d bytes, with %d lines of progress", size, said)
		}
	})
}

func TestPackFails(t *testing.T) {
	t.Parallel()
	eachHost(t, func(t *testing.T, h host) {
		r, l := h.open(t), newLocal(t)
		ours := l.commit(t, zero, "ours", string(noise(5<<20)))
		broken := errors.New("disk on fire")
		for _, written := range []int{0, 100, 3 << 20} {
			err := r.Push(t.Context(), zero, ours, failing(l.pack(t, zero, ours), written, broken))
			if !errors.Is(err, broken) || errors.Is(err, remote.ErrUnsent) != (written < 1<<20) {
				t.Errorf("after %d bytes: %v", written, err)
			}
		}
		if got := h.tip(t); !got.IsZero() {
			t.Errorf("the branch stands at %v", got)
		}
		first := l.commit(t, zero, "first", "x")
		if err := r.Push(t.Context(), zero, first, l.pack(t, zero, first)); err != nil {
			t.Fatal(err)
		}
		if err := r.Fetch(t.Context(), first, nil, nil, reading(broken)); !errors.Is(err, broken) {
			t.Errorf("fetch: %v", err)
		}
	})
}
