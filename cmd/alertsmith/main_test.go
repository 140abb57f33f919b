package main

import (
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// killAt names the variable that says at which step of a command the service is to kill itself, as a power failure would.
const killAt = "ALERTSMITH_TEST_KILL"

// commanded is set from the first command on: the reconciliation at the start walks some of the same steps.
var commanded atomic.Bool

// TestMain makes this test binary the program too: a test that executes `alertsmith` runs the real one, in a process of its own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"alertsmith": func() { os.Exit(execute(killSelf)) }})
}

func killSelf(step string) {
	if step == stepReceived {
		commanded.Store(true)
	}
	if commanded.Load() && step == os.Getenv(killAt) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // nothing more is done
	}
}
