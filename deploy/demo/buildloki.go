package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"syscall"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// build is a build in the background.
type build struct {
	cancel context.CancelFunc
	done   chan struct{} // closed when it has ended
	err    error         // how; to be read after that
}

// buildLoki builds Loki in the background unless it is there already.
func (d *demo) buildLoki(ctx context.Context) *build {
	ctx, cancel := context.WithCancel(ctx)
	b := &build{cancel: cancel, done: make(chan struct{})}
	if _, err := local.Find("loki"); err == nil {
		close(b.done)
		return b
	}
	d.screen.say("Loki is built in the background meanwhile (RULERS=prometheus leaves it out).")
	go func() {
		defer close(b.done)
		b.err = d.make(ctx, ".tools/bin/loki")
	}()
	return b
}

// stop ends the build if it goes on, and returns when it has ended.
func (b *build) stop() {
	b.cancel()
	<-b.done
}

// make runs make for one target and shows its lines as they come.
func (d *demo) make(ctx context.Context, target string) error {
	cmd := exec.CommandContext(ctx, "nice", "make", "--no-print-directory", target)
	// In a group of their own make and all that it starts can be ended together.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	output, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		d.screen.progress(lines.Text())
	}
	if err := errors.Join(lines.Err(), cmd.Wait()); err != nil {
		return fmt.Errorf("make %s: %w", target, err)
	}
	return nil
}

// awaitLoki returns when Loki can be started.
func (d *demo) awaitLoki(ctx context.Context, loki *build) error {
	select {
	case <-loki.done:
		return loki.err
	default:
		d.screen.say("Waiting for Loki to be built. Meanwhile Alertsmith can be tried in another terminal:\n%s", d.alias())
	}
	select {
	case <-loki.done:
		return loki.err
	case <-ctx.Done():
		return ctx.Err()
	}
}
