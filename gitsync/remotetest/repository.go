package remotetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Bare makes an empty bare repository whose branch is main, and returns its directory.
func Bare(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "rulebook.git")
	Git(t, "", "init", "--quiet", "--bare", "--initial-branch=main", dir)
	return dir
}

// Fsck fails the test unless the repository at dir is without a fault.
func Fsck(t testing.TB, dir string) {
	t.Helper()
	for said := range strings.Lines(Git(t, dir, "fsck", "--full", "--strict", "--no-dangling")) {
		if !strings.HasPrefix(said, "notice: ") { // that there is no branch yet
			t.Errorf("git fsck in %s says: %s", dir, said)
		}
	}
}

// Tip returns where a branch of the repository at dir stands, "" when it does not exist.
func Tip(t testing.TB, dir, branch string) string {
	t.Helper()
	return Git(t, dir, "for-each-ref", "--format=%(objectname)", "refs/heads/"+branch)
}

// Git runs the git command line in dir and returns what it prints, without the last line's end.
func Git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	Need(t, "git", "git")
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir, cmd.Env = dir, Environment()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimRight(string(out), "\n")
}

// Environment is that of a git command line whose result depends on no configuration of this machine.
func Environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	return append(env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
}

// Hook writes a hook of the repository at dir: script is for sh.
func Hook(t testing.TB, dir, name, script string) {
	t.Helper()
	hooks := filepath.Join(dir, "hooks")
	if err := os.MkdirAll(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(hooks, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Need returns where a program is. Without it the test is skipped, and fails in CI.
func Need(t testing.TB, program, debianPackage string) string {
	t.Helper()
	path, err := find(program, debianPackage)
	if err != nil {
		absent(t, err)
	}
	return path
}

// absent ends a test that cannot run here.
func absent(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skipf("NOT TESTED: %v", err)
}

func find(program, debianPackage string) (string, error) {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/lib/git-core", "/usr/libexec/git-core") {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 { //nolint:gosec // G703: PATH is the environment's to say
			return path, nil
		}
	}
	return "", fmt.Errorf("the program %s is not installed; Debian has it in the package %s", program, debianPackage)
}
