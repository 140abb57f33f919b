package remote

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// local is a repository at a path. Its services are those of the git that is installed.
type local struct{ path string }

func (l local) dial(ctx context.Context, w *watch, s service) (link, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return nil, unavailable(err, "`git.remote` is a path, and for that the program git must be installed: install it, or name the repository by ssh:// or https://")
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, git, strings.TrimPrefix(string(s), "git-"), "--", l.path)
	cmd.Env = environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) } // its hooks with it
	cmd.WaitDelay = time.Second
	p := &pipes{watch: w}
	cmd.Stderr = &p.stderr
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		cancel()
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, unavailable(err, "`git.remote` is a path, and the program git cannot be started for it")
	}
	p.begin(stdout)
	p.wait, p.kill = cmd.Wait, cancel
	return p, nil
}

// environment is ours without what would point git to another repository or another configuration, as git itself does for
// a repository at a path (git rev-parse --local-env-vars); its messages are in English.
func environment() []string {
	return append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GIT_EXEC_PATH=") &&
			!strings.HasPrefix(v, "GIT_CONFIG_GLOBAL=") && !strings.HasPrefix(v, "GIT_CONFIG_SYSTEM=") && !strings.HasPrefix(v, "GIT_CONFIG_NOSYSTEM=")
	}), "LC_ALL=C")
}
