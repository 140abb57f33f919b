package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// command returns a program that is to run in dir, with Git free of whatever the person who runs the benchmark has configured.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Person", "GIT_AUTHOR_EMAIL=person@localhost", "GIT_COMMITTER_NAME=Person", "GIT_COMMITTER_EMAIL=person@localhost")
	return cmd
}

// execute runs a program; what it printed is in the error only.
func execute(ctx context.Context, dir, name string, args ...string) error {
	output, err := command(ctx, dir, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %.100s: %w: %.2000s", name, strings.Join(args, " "), err, output)
	}
	return nil
}

// git runs Git in dir.
func git(ctx context.Context, dir string, args ...string) error {
	return execute(ctx, dir, "git", args...)
}
