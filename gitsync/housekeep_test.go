package gitsync

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
)

// TestHousekeepWhileWriting has 8 goroutines update and others read while Housekeep, `git gc` and `git repack -a -d`, which drops packs that nobody
// refers to, run all the time.
func TestHousekeepWhileWriting(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 12
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"log": {}})
	want := map[string]bool{}
	var writing, helping sync.WaitGroup
	for w := range writers {
		for i := range each {
			want[fmt.Sprintf("w%d-%d", w, i)] = true
		}
		writing.Go(func() {
			for i := range each {
				line := fmt.Sprintf("w%d-%d", w, i)
				tree, err := r.Update(t.Context(), appendLine("log", line))
				if err != nil {
					t.Errorf("%s: %v", line, err)
					return
				}
				if got, err := tree.Read("dir/" + line); err != nil || string(got) != line {
					t.Errorf("Update returned a tree where %s is %q, %v", line, got, err)
				}
			}
		})
	}
	stop := make(chan struct{})
	always := func(do func()) {
		helping.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					do()
				}
			}
		})
	}
	packed := 0
	always(func() {
		if err := r.housekeep(t.Context()); err == nil {
			packed++
		}
	})
	always(func() { _, _ = tryGit(r.dir, "gc", "-q") })
	always(func() { _, _ = tryGit(r.dir, "repack", "-a", "-d", "-q") })
	always(func() {
		head, err := r.Head(t.Context())
		if err != nil {
			t.Errorf("Head: %v", err)
			return
		}
		content(t, head, "")
	})
	writing.Wait()
	close(stop)
	helping.Wait()

	head, err := r.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	linesOnce(t, head, "log", want)
	if got := strings.TrimSpace(runGit(t, r.dir, "rev-list", "--count", "main")); got != fmt.Sprint(1+len(want)) {
		t.Errorf("%s commits, want %d", got, 1+len(want))
	}
	if packed == 0 {
		t.Error("housekeeping never succeeded")
	}
}

// TestKeepHouse has housekeeping begin by itself: whatever was written, few packs and no loose objects stay, and all is readable.
func TestKeepHouse(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	if ran, err := r.Housekeep(t.Context()); ran || err != nil {
		t.Errorf("Housekeep of an empty rulebook = %v, %v", ran, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var keeping sync.WaitGroup
	keeping.Go(func() { r.KeepHouse(ctx) })
	var trees []rules.Tree
	for i := range 60 {
		if i%25 == 5 {
			r.house.packs.Store(duePacks - 10)
		}
		trees = append(trees, update(t, r, map[string][]byte{"x": fmt.Append(nil, i), fmt.Sprint("dir/", i): fmt.Append(nil, i)}))
	}
	r.house.mu.Lock() // what ran beside the changes has ended: the last one is for all of them, and nothing is due behind it
	r.house.packs.Store(duePacks)
	r.house.mu.Unlock()
	r.house.wrote(0, 0)
	until(t, "housekeeping has ended", func() bool {
		ended := r.house.mu.TryLock()
		if ended {
			defer r.house.mu.Unlock()
		}
		return ended && !r.house.isDue()
	})
	cancel()
	keeping.Wait()
	if err := r.HousekeepingErr(); err != nil {
		t.Error(err)
	}
	for i, tree := range trees {
		if got, err := tree.Read("x"); err != nil || string(got) != fmt.Sprint(i) {
			t.Errorf("state %d says %q, %v", i, got, err)
		}
	}
	if packs, err := filepath.Glob(filepath.Join(r.dir, packDir, "*.pack")); err != nil || len(packs) > 40 {
		t.Errorf("%d packs, %v", len(packs), err)
	}
	if keeps, err := filepath.Glob(filepath.Join(r.dir, packDir, "*.keep")); err != nil || len(keeps) != 0 {
		t.Errorf("%v stay, %v", keeps, err)
	}
}

// TestKeepHouseRests has housekeeping that is due and can do nothing, as all packs are kept out of it: it is not tried again at once.
func TestKeepHouseRests(t *testing.T) { //nolint:paralleltest // it changes the environment
	r := openBook(t, Options{})
	for i := range duePacks {
		update(t, r, map[string][]byte{"x": fmt.Append(nil, i)})
	}
	indexes, err := filepath.Glob(filepath.Join(r.dir, packDir, "*.idx"))
	if err != nil || len(indexes) != duePacks {
		t.Fatalf("%d packs, %v", len(indexes), err)
	}
	for _, index := range indexes {
		if err := os.WriteFile(strings.TrimSuffix(index, ".idx")+".keep", []byte("an operator's\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	bin, runs := t.TempDir(), filepath.Join(t.TempDir(), "runs")
	if err := os.WriteFile(filepath.Join(bin, "git"), fmt.Appendf(nil, "#!/bin/sh\necho >>%s\nexec %s \"$@\"\n", runs, git), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(t.Context())
	var keeping sync.WaitGroup
	keeping.Go(func() { r.KeepHouse(ctx) })
	until(t, "housekeeping begins", func() bool {
		lines, err := os.ReadFile(runs)
		return err == nil && len(lines) > 0
	})
	until(t, "it has ended", func() bool {
		ended := r.house.mu.TryLock()
		if ended {
			r.house.mu.Unlock()
		}
		return ended
	})
	for range 5 {
		update(t, r, map[string][]byte{"x": []byte(rand.Text())})
	}
	cancel()
	keeping.Wait()
	if lines, err := os.ReadFile(runs); err != nil || len(lines) != 1 {
		t.Errorf("git ran %d times, %v", len(lines), err)
	}
}

// TestManyPacks has more packs than are wanted, as it is without the program git: what comes is written loose.
func TestManyPacks(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")})
	r.house.packs.Store(maxPacks)
	tree := update(t, r, map[string][]byte{"x": []byte("2")})
	if out := runGit(t, r.dir, "count-objects", "-v"); !strings.Contains(out, "count: 3\n") || !strings.Contains(out, "packs: 1\n") {
		t.Errorf("a blob, a directory and a commit should be loose:\n%s", out)
	}
	if err := r.housekeep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := runGit(t, r.dir, "count-objects", "-v"); !strings.Contains(out, "count: 0\n") || !strings.Contains(out, fmt.Sprintf("packs: %d\n", r.house.packs.Load())) {
		t.Errorf("%d packs are counted, and nothing should be loose:\n%s", r.house.packs.Load(), out)
	}
	if got, err := tree.Read("x"); err != nil || string(got) != "2" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestKilledAmongPacks opens a rulebook with what a killed process leaves among the packs.
func TestKilledAmongPacks(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")})
	packs, err := filepath.Glob(filepath.Join(r.dir, packDir, "*.pack"))
	if err != nil || len(packs) != 1 {
		t.Fatalf("packs: %v, %v", packs, err)
	}
	keep := strings.TrimSuffix(packs[0], ".pack") + ".keep"
	ours := []string{keep, filepath.Join(r.dir, packDir, ownTemporary+"X"), filepath.Join(r.dir, packDir, ownTemporary+"X_index"), filepath.Join(r.dir, packDir, oldTemporary+"X")}
	theirs := []string{filepath.Join(r.dir, packDir, "pack-1111111111111111111111111111111111111111.keep"), filepath.Join(r.dir, packDir, "pack-2222222222222222222222222222222222222222.keep")}
	for i, name := range append(ours, theirs...) {
		content := keepMark
		if i >= len(ours) {
			content = []string{"", "receive-pack 17 on host\n"}[i-len(ours)]
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = openBook(t, Options{Dir: r.dir})
	for _, name := range ours {
		if _, err := os.Lstat(name); !os.IsNotExist(err) {
			t.Errorf("%s stays: %v", name, err)
		}
	}
	for _, name := range theirs {
		if _, err := os.Lstat(name); err != nil {
			t.Errorf("what is not ours is gone: %v", err)
		}
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	update(t, r, map[string][]byte{"x": []byte("2")})
}

// TestNoGit is a machine without the program git: changes go on, and the status can tell.
func TestNoGit(t *testing.T) { //nolint:paralleltest // it changes the environment
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")})
	path := os.Getenv("PATH")
	t.Setenv("PATH", t.TempDir())
	r.house.packs.Store(duePacks)
	_, err := r.Housekeep(t.Context())
	if rules.KindOf(err) != rules.Unavailable || !errors.Is(err, errNoGit) || !errors.Is(r.HousekeepingErr(), errNoGit) {
		t.Errorf("Housekeep = %v, HousekeepingErr = %v", err, r.HousekeepingErr())
	}
	update(t, r, map[string][]byte{"x": []byte("2")})
	t.Setenv("PATH", path)
	if ran, err := r.Housekeep(t.Context()); !ran || err != nil || r.HousekeepingErr() != nil {
		t.Errorf("with git: %v, %v, %v", ran, err, r.HousekeepingErr())
	}
}

// TestHousekeepFails has git fail and be ended.
func TestHousekeepFails(t *testing.T) {
	t.Parallel()
	r := openBook(t, Options{})
	update(t, r, map[string][]byte{"x": []byte("1")})
	write(t, r.dir, "config", []byte("[core\n"))
	r.house.packs.Store(duePacks)
	if _, err := r.Housekeep(t.Context()); rules.KindOf(err) != rules.Unavailable || !strings.Contains(fmt.Sprint(err), "bad config line 1") {
		t.Errorf("Housekeep with a damaged configuration = %v", err)
	}
	write(t, r.dir, "config", []byte("[core]\n\tbare = true\n"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Housekeep(gone); !errors.Is(err, context.Canceled) {
		t.Errorf("Housekeep with an ended context = %v", err)
	}
	update(t, r, map[string][]byte{"x": []byte("2")})
}
