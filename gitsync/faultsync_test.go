package gitsync

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-git/go-billy/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// everyFaultVariable has the test below try every operation, instead of some that begin at random.
const everyFaultVariable = "GITSYNC_EVERY_FAULT"

// TestEveryFaultBesideAServer lets single disk operations fail in turn while a commit of ours and one of somebody else, who was faster at the
// Git server, are brought together: what was acknowledged is there once in the end, what was refused is not, and nothing of theirs is lost.
func TestEveryFaultBesideAServer(t *testing.T) {
	t.Parallel()
	modes(t, func(t *testing.T, required bool) {
		begun, host := t.TempDir(), gitHost(t)
		ours := openBook(t, Options{Dir: filepath.Join(begun, "ours.git"), Remote: at(t, host), Required: true})
		update(t, ours, map[string][]byte{"log": {}})
		theirs := openBook(t, Options{Remote: at(t, host), Required: true})
		add(t, theirs, "theirs")
		if err := os.CopyFS(filepath.Join(begun, "host.git"), os.DirFS(host)); err != nil {
			t.Fatal(err)
		}
		step, n := int64(5), 1+rand.Int64N(5)
		if os.Getenv(everyFaultVariable) != "" {
			step, n = 1, 1
		}
		t.Logf("from operation %d on", n)
		noticed := 0
		for ; ; n += step {
			failed, err := faultBesideAServer(t, begun, required, n)
			if err != nil {
				noticed++
			}
			if !failed {
				t.Logf("of %d operations every %d. failed, of which %d were noticed", n-1, step, noticed)
				break
			}
		}
		if noticed < 20 {
			t.Error("the faults do not reach what they should")
		}
	})
}

// faultBesideAServer has the nth disk operation fail, on a copy of what is in begun, and checks what is there when the disk works again. It returns
// what came of the operations, and false when there were fewer.
func faultBesideAServer(t *testing.T, begun string, required bool, n int64) (failed bool, outcome error) {
	t.Helper()
	dir, disk := t.TempDir(), &faulty{err: syscall.EIO}
	if err := os.CopyFS(dir, os.DirFS(begun)); err != nil {
		t.Fatal(err)
	}
	host := filepath.Join(dir, "host.git")
	server := patch(at(t, host))
	server.down = true // else the rulebook knows of theirs when it is opened
	o := Options{Dir: filepath.Join(dir, "ours.git"), Remote: server, Required: required}
	o.wrap = func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }
	r := openBook(t, o)
	r.setFollower(&Following{Replan: again})
	bring := func() error {
		_, err := r.Update(t.Context(), appendLine("log", "ours"))
		return err
	}
	if !required {
		if err := bring(); err != nil {
			t.Fatal(err)
		}
		bring = func() error { return r.round(t.Context()) }
	}
	server.set(func(p *patchy) { p.down = false })
	disk.left.Store(n)
	outcome = bring()
	failed = disk.left.Load() <= 0
	disk.left.Store(-1)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}

	o.wrap = nil
	r = openBook(t, o)
	r.setFollower(&Following{Replan: again})
	if err := r.round(t.Context()); err != nil {
		t.Fatalf("operation %d: not brought together after %v: %v", n, outcome, err)
	}
	lines, want := hostLines(t, host), []string{"theirs", "ours"}
	switch kind := rules.KindOf(outcome); {
	case !required || outcome == nil:
	case kind == rules.Unavailable || kind == rules.Uncertain && len(lines) == 1:
		want = want[:1]
	case kind != rules.Uncertain:
		t.Fatalf("operation %d: %v", n, outcome)
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Fatalf("operation %d: after %v, on the server (-want +got):\n%s", n, outcome, diff)
	}
	if head, err := r.Head(t.Context()); err != nil || head.Revision() != strings.TrimSpace(runGit(t, host, "rev-parse", "main")) {
		t.Fatalf("operation %d: the rulebook's head is not the server's: %v, %v", n, head, err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if n%10 == 0 || !failed {
		fsck(t, o.Dir)
		fsck(t, host)
	}
	return failed, outcome
}
