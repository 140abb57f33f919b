package gitsync

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

const (
	duePacks       = 200  // packs at which housekeeping is due; they grow by one with each batch, 40 a second at most
	dueLoose       = 2000 // loose objects at which it is due
	maxHousekeep   = 30 * time.Minute
	housekeepPause = time.Minute // after housekeeping that failed
	housekeepNice  = 10          // of the git processes
)

// errNoGit means that the program git is not installed.
var errNoGit = errors.New("the program git is not installed")

// housekeeping is what there is to pack, and how packing it went.
type housekeeping struct {
	packs, loose atomic.Int64  // that there are, as far as we know
	due          chan struct{} // has an element when there is enough to do
	mu           sync.Mutex    // held while it runs
	err          atomic.Pointer[rules.Error]
}

// wrote counts what was written.
func (h *housekeeping) wrote(packs, loose int) {
	h.packs.Add(int64(packs))
	h.loose.Add(int64(loose))
	if h.isDue() {
		signal(h.due)
	}
}

// isDue reports whether there is enough to do.
func (h *housekeeping) isDue() bool { return h.packs.Load() >= duePacks || h.loose.Load() >= dueLoose }

// HousekeepingErr returns why the last housekeeping failed, and nil when it succeeded or none ran yet. Without housekeeping changes go on,
// but the rulebook grows and slows down.
func (r *Rulebook) HousekeepingErr() error {
	if err := r.house.err.Load(); err != nil {
		return err
	}
	return nil
}

// KeepHouse runs Housekeep whenever there is enough to do, until ctx ends. That the program git is missing is logged once, any other failure
// each time. What it leaves to be done, as packs are kept out of it that no ref needs yet, and what failed is tried again after a minute at the earliest.
func (r *Rulebook) KeepHouse(ctx context.Context) {
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.house.due:
		}
		_, err := r.Housekeep(ctx)
		if err == nil && !r.house.isDue() || ctx.Err() != nil {
			continue
		}
		if err != nil && (!errors.Is(err, errNoGit) || !told) {
			r.log.Warn("the rulebook is not packed", "id", "AS3012", "err", err)
		}
		told = errors.Is(err, errNoGit)
		select {
		case <-ctx.Done():
		case <-time.After(housekeepPause):
		}
	}
}

// Housekeep packs the rulebook's objects when there is enough to do, and reports whether there was. `git repack` (Git 2.32) does it while
// changes go on: small packs and loose objects become one pack, and a larger pack is taken in when it is less than twice as large, so that
// each object is packed again few times. Nothing is dropped, referred to or not. It takes seconds to minutes; ctx ends it, as does
// half an hour. Failures are *rules.Error of kind Unavailable.
func (r *Rulebook) Housekeep(ctx context.Context) (ran bool, err error) {
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	if !r.house.isDue() {
		return false, nil
	}
	err = r.housekeep(ctx)
	if err == nil {
		r.house.err.Store(nil)
		return true, nil
	}
	failed := &rules.Error{Kind: rules.Unavailable, Offset: -1, Cause: err, Text: "the rulebook cannot be packed: it goes on growing"}
	if errors.Is(err, errNoGit) {
		failed.Text = "the rulebook is not packed, as the program git is not installed: it goes on growing"
	}
	r.house.err.Store(failed)
	return true, failed
}

func (r *Rulebook) housekeep(ctx context.Context) error {
	git, err := exec.LookPath("git")
	if err != nil {
		return errNoGit
	}
	ctx, cancel := context.WithTimeout(ctx, maxHousekeep)
	defer cancel()
	if err := r.repack(ctx, git); err != nil {
		return err
	}
	if err := r.fs.syncDir(packDir); err != nil && !os.IsNotExist(err) {
		return err
	}
	if err := r.objects.refresh(); err != nil {
		return err
	}
	return r.countObjects()
}

// repack runs git, as a group of processes that gives way to others. Its own configuration is all that it reads besides the repository's.
func (r *Rulebook) repack(ctx context.Context, git string) error {
	cmd := exec.CommandContext(ctx, git, "--git-dir="+r.dir,
		"-c", "core.fsync=all", "-c", "pack.threads=1", "-c", "pack.windowMemory=64m", "-c", "pack.packSizeLimit=0", "-c", "repack.writeBitmaps=false",
		"repack", "--geometric=2", "-d", "-l", "-n", "-q")
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(cmd.Env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) } // git removes its temporary files
	cmd.WaitDelay = 10 * time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return err
	}
	_ = syscall.Setpriority(syscall.PRIO_PGRP, cmd.Process.Pid, housekeepNice) // where that is not allowed, it runs as anything else
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("git repack: %w: %s", errors.Join(ctx.Err(), err), firstLine(said.String()))
	}
	return nil
}

// firstLine returns the first line of what a program said, cut to 200 characters.
func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return oneLine(line, 200)
}

// countObjects counts the packs and, by one of 256 directories as git does it, the loose objects.
func (r *Rulebook) countObjects() error {
	packs, err := r.fs.names(packDir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	loose, err := r.fs.names("objects/17")
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	n := 0
	for _, name := range packs {
		if strings.HasSuffix(name, ".idx") { // without one it is no pack
			n++
		}
	}
	r.house.packs.Store(int64(n))
	r.house.loose.Store(int64(256 * len(loose)))
	r.house.wrote(0, 0)
	return nil
}
