// Command alertsmith changes alert rules of Prometheus and Loki from chat, with Git as the truth. See the README.
//
// This package is the only place where the parts meet: it knows the command line, the configuration file and the HTTP
// endpoints, and hands each part to the others. What a rule, a ruler or a chat message is, it does not know.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // time zones for the journal, also in an image without them

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"
)

func main() { os.Exit(execute(nil)) }

// execute runs the program in this process and returns its exit code. step is nil but in tests; see process.
func execute(step func(string)) int {
	// A word of a chat command may begin with @, and is no file to read arguments from.
	kingpin.EnableFileExpansion = false
	if version.Version == "" {
		version.Version = "(devel)"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	p := &process{getenv: os.Getenv, stdout: os.Stdout, stderr: os.Stderr, step: step}
	err := p.run(ctx, os.Args[1:])
	if err != nil && err.Error() != "" {
		fmt.Fprintln(os.Stderr, "alertsmith:", err)
	}
	return exitCode(err)
}
