package main

import (
	"context"
	"errors"
	"io"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"
)

// Exit codes. What a subcommand means by each is in its help.
const (
	exitOK       = 0
	exitFailed   = 1 // refused, problems found, could not start
	exitUnusable = 2 // wrong command line, unreadable file, unreachable service
)

// exitError is an error that ends the program with a code of its own. Without err everything was said already.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitCode returns what the program exits with after err.
func exitCode(err error) int {
	var exit *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &exit):
		return exit.code
	default:
		return exitFailed
	}
}

// process is what the program has of the world around it.
type process struct {
	getenv         func(string) string
	stdout, stderr io.Writer
	log            promslog.Config
	// step, where it is set, hears of every finished step of a change. The product leaves it nil; a test ends the process there.
	step func(step string)
}

// subcommand is one word of the command line and what it does.
type subcommand struct {
	clause *kingpin.CmdClause
	run    func(ctx context.Context, p *process) error
}

// run is the program: args are the words after its name. The error is for the person at the terminal.
func (p *process) run(ctx context.Context, args []string) error {
	command, err := p.parse(args)
	switch {
	case err != nil:
		return &exitError{exitUnusable, err}
	case command == nil:
		return nil // --help or --version has answered
	}
	p.log.Writer = p.stderr
	return command(ctx, p)
}

// answered is what kingpin's --help and --version end the parsing with.
type answered struct{}

// parse returns what the command line asks for; nil when everything was answered in passing.
func (p *process) parse(args []string) (command func(context.Context, *process) error, err error) {
	defer func() {
		if done := recover(); done != nil && done != any(answered{}) {
			panic(done)
		}
	}()
	app := kingpin.New("alertsmith", "Changes alert rules of Prometheus and Loki from chat, with Git as the truth.")
	app.UsageWriter(p.stdout).ErrorWriter(p.stderr).Terminate(func(int) { panic(answered{}) })
	app.Version(version.Print("alertsmith"))
	app.HelpFlag.Short('h')
	promslogflag.AddFlags(app, &p.log)
	commands := []subcommand{serveCommand(app), sendCommand(app), checkCommand(app), importCommand(app)}
	commands = append(commands, journalCommands(app)...)
	name, err := app.Parse(args)
	if err != nil {
		return nil, err
	}
	for _, c := range commands {
		if c.clause.FullCommand() == name {
			command = c.run
		}
	}
	return command, nil
}
