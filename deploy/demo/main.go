// Command demo shows Alertsmith at work on real rulers: it starts Prometheus, Alertmanager and Loki on loopback and Alertsmith
// beside them, gives commands as a person would, shows each real reply, and then stays up for the reader to try.
// `make demo` builds what it needs and runs it.
//
// RULERS=prometheus leaves Loki out. DEMO_EXIT=1 ends it after the transcript. It exits with 1 when any step did not do what it
// says, and keeps what it made then.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv, newScreen(os.Stdout))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run plays the transcript, stays until ctx ends, and stops all that it started.
func run(ctx context.Context, getenv func(string) string, screen *screen) error {
	dir, err := os.MkdirTemp("", "alertsmith-demo-")
	if err != nil {
		return err
	}
	d := &demo{screen: screen, world: world{dir: dir}, loki: wants(getenv("RULERS"), "loki")}
	err = d.play(ctx)
	if err == nil && getenv("DEMO_EXIT") == "" {
		d.stay(ctx)
	}
	d.world.stop()
	switch {
	case err == nil:
		screen.say("All is stopped, and %s is removed.", dir)
		return os.RemoveAll(dir)
	case errors.Is(ctx.Err(), context.Canceled):
		return errors.Join(errors.New("stopped in the middle"), os.RemoveAll(dir))
	default:
		return fmt.Errorf("%w\nAll is stopped. The data and the logs of every program are kept in %s", err, dir)
	}
}

// wants reports whether the list of rulers has this one; an empty list has all.
func wants(list, ruler string) bool {
	names := strings.Fields(list)
	return len(names) == 0 || slices.Contains(names, ruler)
}
