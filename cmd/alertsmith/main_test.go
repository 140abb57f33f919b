package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
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
	testscript.Main(m, map[string]func(){"alertsmith": func() { os.Exit(execute(killSelf)) }, "get": get, "post": post})
}

// get is a program for scripts that prints what is at an address.
func get() {
	response, err := http.Get(os.Args[1])
	if err == nil {
		defer response.Body.Close()
		_, err = io.Copy(os.Stdout, response.Body)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // the process ends, and the connection with it
	}
}

// post is a program for scripts that posts nothing to an address, with headers, and prints the status and what comes back.
func post() {
	request, err := http.NewRequest(http.MethodPost, os.Args[1], nil)
	if err == nil {
		for _, header := range os.Args[2:] {
			name, value, _ := strings.Cut(header, ": ")
			request.Header.Set(name, value)
		}
		var response *http.Response
		if response, err = http.DefaultClient.Do(request); err == nil {
			defer response.Body.Close()
			fmt.Println(response.StatusCode)
			_, err = io.Copy(os.Stdout, response.Body)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // the process ends, and the connection with it
	}
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
