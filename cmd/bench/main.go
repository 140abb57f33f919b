// Command bench measures Alertsmith against the git command line and promtool, all in one run and on one file system, and prints a
// line for every target: name, ours, theirs, ratio, target and `ok` or `short`, separated by tabs; then a table for people.
// `make bench` builds what it needs and runs it. It is no part of the product.
//
// It exits with 1 only when something could not be measured; such a line ends in `unmeasured`, and standard error says why.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pattern := flags.String("rows", "", "measure the rows whose name this regular expression matches")
	dir := flags.String("dir", ".bench", "where rulebooks are kept between runs, and where it works")
	alertsmith := flags.String("alertsmith", "./alertsmith", "the program that is measured")
	profile := flags.String("cpuprofile", "", "write a CPU profile of this process to the file: of the rows that need no service")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*pattern)
	if err != nil {
		return err
	}
	promtool, err := local.Find("promtool")
	if err != nil {
		return err
	}
	start := time.Now()
	say := func(format string, args ...any) {
		fmt.Fprintf(stderr, "bench: %4.0f s: %s\n", time.Since(start).Seconds(), fmt.Sprintf(format, args...))
	}
	l, err := openLab(*dir, *alertsmith, promtool, say)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if *profile != "" {
		stop, err := startProfile(*profile)
		if err != nil {
			return err
		}
		defer stop()
	}
	return measureAll(ctx, l, wanted, stdout)
}

// startProfile begins a CPU profile of this process; stop writes it out.
func startProfile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // it is there or not; nothing of the benchmark hangs on it
	}, nil
}

// measureAll measures the rows that are wanted. A row that cannot be measured keeps no other from being measured.
func measureAll(ctx context.Context, l *lab, wanted *regexp.Regexp, stdout io.Writer) error {
	var all []result
	var failures []error
	for _, row := range rows {
		if !wanted.MatchString(row.name) || ctx.Err() != nil {
			continue
		}
		l.say("measuring %s", row.name)
		results, err := row.measure(ctx, l)
		for _, r := range results {
			fmt.Fprintf(stdout, "%s\t%s\t%s\t%s\t%s\t%s\n", r.name, r.ours, r.theirs, r.ratio, r.target, r.verdict())
		}
		if err != nil {
			fmt.Fprintf(stdout, "%s\t-\t-\t-\t-\tunmeasured\n", row.name)
			failures = append(failures, fmt.Errorf("%s was not measured: %w", row.name, err))
		}
		all = append(all, results...)
	}
	printTable(stdout, all)
	return errors.Join(append(failures, ctx.Err())...)
}

func (r result) verdict() string {
	if r.reached {
		return "ok"
	}
	return "short"
}

// printTable prints the results for people.
func printTable(stdout io.Writer, results []result) {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "\nWHAT\tOURS\tTHEIRS\tRATIO\tTARGET\t\n")
	for _, r := range results {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.ours, r.theirs, r.ratio, r.target, r.verdict())
	}
	_ = table.Flush()
}
