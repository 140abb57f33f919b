package gitsync

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-git/go-billy/v5"
)

// moment is the disk at one operation, and what had been acknowledged then.
type moment struct {
	operation    string
	disk         *inode
	acknowledged int // of the lines
}

// TestPowerLoss lets the power fail, and the process die, at every single operation on the disk of a rulebook's first start, a change, a batch of
// changes, one whose objects become loose, and after the last acknowledgement. Whatever is lost that was not fsynced, the rulebook opens, has every
// acknowledged change once and the others once or not, is whole for Git, and takes the next change.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	disk := &volatile{root: newDirectory()}
	var moments []moment
	acknowledged := 0
	disk.note = func(operation string, now *inode) { moments = append(moments, moment{operation, now, acknowledged}) }
	r := openBook(t, Options{wrap: func(fs billy.Filesystem) billy.Filesystem { disk.Filesystem = fs; return disk }})
	var lines []string
	run := func(batch ...string) {
		t.Helper()
		lines = append(lines, batch...)
		if len(batch) == 1 {
			if _, err := r.Update(t.Context(), appendLine("log", batch[0])); err != nil {
				t.Fatal(err)
			}
		} else {
			var plans []plan
			for _, line := range batch {
				plans = append(plans, appendLine("log", line))
			}
			for _, got := range inOneBatch(t, r, nil, nil, plans...) {
				if got.err != nil {
					t.Fatal(got.err)
				}
			}
		}
		disk.mu.Lock()
		defer disk.mu.Unlock()
		acknowledged = len(lines)
		disk.tell("acknowledged " + strings.Join(batch, " "))
	}
	run("first")
	run("second")
	run("b1", "b2", "b3")
	r.house.packs.Store(maxPacks)
	run("loose")
	run("l1", "l2")
	disk.mu.Lock()
	disk.note = func(string, *inode) {}
	disk.mu.Unlock()

	random := rand.New(rand.NewPCG(1, 2))
	type state struct {
		moment
		how   string
		files map[string][]byte
	}
	states, seen := make(chan state), map[string]bool{}
	points := 0
	var checking sync.WaitGroup
	for range 4 {
		checking.Go(func() {
			for s := range states {
				checkSurvivor(t, s.how+" at "+s.operation, s.files, lines, s.acknowledged)
			}
		})
	}
	for _, m := range moments {
		for _, s := range survivals(random) {
			points++
			files := map[string][]byte{}
			m.disk.files(s, "", files)
			if key := fmt.Sprint(digest(files), m.acknowledged); !seen[key] {
				seen[key] = true
				states <- state{m, s.name, files}
			}
		}
	}
	close(states)
	checking.Wait()
	t.Logf("%d operations, %d failures, %d different disks after them", len(moments), points, len(seen))
	if len(moments) < 150 || len(seen) < 200 {
		t.Error("too few to prove anything")
	}
}

// checkSurvivor holds that a rulebook that a failure left is what it must be.
func checkSurvivor(t *testing.T, how string, files map[string][]byte, lines []string, acknowledged int) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		if !t.Failed() { // the first one tells what was on the disk: objects are written side by side, and no other run has just this
			for _, name := range slices.Sorted(maps.Keys(files)) {
				t.Logf("%s: %s %q", how, name, files[name])
			}
		}
		t.Errorf("%s: %s", how, fmt.Sprintf(format, args...))
	}
	dir := filepath.Join(t.TempDir(), "rulebook.git")
	if err := restore(dir, files); err != nil {
		t.Error(err)
		return
	}
	r, err := Open(t.Context(), Options{Dir: dir, Committer: service, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		fail("the rulebook does not open: %v", err)
		return
	}
	defer r.Close()
	tree, err := r.Update(t.Context(), appendLine("log", "after"))
	if err != nil {
		fail("the next change fails: %v", err)
		return
	}
	data, err := tree.Read("log")
	if err != nil {
		fail("%v", err)
		return
	}
	got := strings.Fields(string(data))
	n := len(got) - 1
	if n < acknowledged || n > len(lines) || strings.Join(got[:n], " ") != strings.Join(lines[:n], " ") || got[n] != "after" {
		fail("the rulebook has the changes %v, and %v were acknowledged", got, lines[:acknowledged])
	}
	if n == 3 || n == 4 || n == 7 {
		fail("a batch is there in part: %v", got)
	}
	if out, err := tryGit(dir, "fsck", "--full", "--strict", "--no-dangling", "--no-progress"); err != nil || notices.ReplaceAllString(out, "") != "" {
		fail("git fsck: %v\n%s", err, out)
	}
}
