package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// patience bounds every wait for something that has to happen. On a busy machine a ruler takes its time.
const patience = 90 * time.Second

// evaluation is how often rulers evaluate their rules in tests.
const evaluation = time.Second

// TestScripts tells whole-system stories: the real program, real Git, real rulers. Beside testscript's own commands there are
//
//	ready                       waits until the service at $URL is ready
//	prometheus start|stop       a real Prometheus that reads $WORK/prometheus-rules, at $PROMETHEUS
//	loki start|stop [api]       a real Loki that reads $WORK/loki-rules/fake (or is filled over its rule API), at $LOKI
//	until REGEXP COMMAND…       repeats a command until its output matches
//	browse NAME URL [FIELD=VALUE…]   asks for a page, or sends a form, in the browser of that name, and prints the answer's status, its Location and
//	                            Set-Cookie, and the page; no redirect is followed
//	keep NAME REGEXP            sets a variable to what the expression's group matches in what was printed last
//	exec get URL                prints what is there
//	exec post URL HEADER…       posts nothing there, with headers like 'Name: value', and prints the status and what comes back
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:   "testdata/script",
		Setup: setupScript,
		Condition: func(condition string) (bool, error) {
			_, err := findRuler(condition)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ready":      readyCommand,
			"prometheus": rulerCommand("PROMETHEUS", startPrometheus),
			"loki":       rulerCommand("LOKI", startLoki),
			"until":      untilCommand,
			"browse":     browseCommand,
			"keep":       keepCommand,
		},
		RequireExplicitExec: true,
	})
}

// findRuler returns where a ruler's program is. Where tests have to be complete, on a CI machine, a missing one is a failure.
func findRuler(name string) (string, error) {
	path, err := local.Find(name)
	if err != nil && os.Getenv("CI") != "" {
		panic(fmt.Sprintf("%v (CI is set, so that no test may be left out)", err))
	}
	return path, err
}

// needRulers skips a test, loudly, for which a program is missing.
func needRulers(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := findRuler(name); err != nil {
			t.Skipf("SKIPPED: %v", err)
		}
	}
}

func setupScript(env *testscript.Env) error {
	address, err := freeAddress(env.Defer)
	if err != nil {
		return err
	}
	env.Setenv("ADDRESS", address)
	env.Setenv("URL", "http://"+address)
	env.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	env.Setenv("TZ", "UTC")
	env.Values[programs{}] = map[string]*local.Program{}
	env.Values[browsers{}] = map[string]*http.Client{}
	return nil
}

// programs is the key of the rulers that a script has started, by the name of the variable that has their address.
type programs struct{}

func readyCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: ready")
	}
	ts.Check(awaitReady(ts.Getenv("URL")))
}

// awaitReady waits until the service at an address is ready.
func awaitReady(address string) error {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		status := 0
		response, err := http.Get(address + "/-/ready")
		if err == nil {
			status = response.StatusCode
			response.Body.Close()
		}
		switch {
		case status == http.StatusOK:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("the service is not ready: status %d, %w", status, err)
		}
	}
}

// rulerCommand starts a ruler, again at the port that it had, and stops it.
func rulerCommand(variable string, start func(dir string, port int, mode string) (*local.Program, error)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		running := ts.Value(programs{}).(map[string]*local.Program)
		program := running[variable]
		switch {
		case neg || len(args) == 0:
			ts.Fatalf("usage: start|stop [MODE]")
		case args[0] == "stop":
			program.Stop()
		case args[0] == "start":
			port := 0
			if program != nil {
				port = program.Port()
			}
			program, err := start(ts.Getenv("WORK"), port, strings.Join(args[1:], " "))
			ts.Check(err)
			running[variable] = program
			ts.Setenv(variable, program.URL)
			ts.Defer(program.Stop)
		}
	}
}

func startPrometheus(work string, port int, mode string) (*local.Program, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return local.StartPrometheus(ctx, local.PrometheusOptions{
		Dir: filepath.Join(work, "prometheus"), RulesDir: filepath.Join(work, "prometheus-rules"),
		EvaluationInterval: evaluation, Lifecycle: mode != "no-lifecycle", Port: port,
	})
}

func startLoki(work string, port int, mode string) (*local.Program, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return local.StartLoki(ctx, local.LokiOptions{
		Dir: filepath.Join(work, "loki"), RulesDir: filepath.Join(work, "loki-rules"), RulerAPI: mode == "api",
		PollInterval: time.Second, EvaluationInterval: evaluation, Port: port,
	})
}

func untilCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEXP COMMAND…")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.Getenv("WORK")
		output, _ := cmd.CombinedOutput() // the output alone decides
		if pattern.Match(output) {
			ts.Logf("%s", output)
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("never printed %s; at last:\n%s", args[0], output)
		}
	}
}
