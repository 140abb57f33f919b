package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/alertsmith/alertsmith/deploy/local"
)

// world is everything that the demo starts, all of it on loopback and below one directory.
type world struct {
	dir          string
	prometheus   *local.Program
	alertmanager *local.Program
	loki         *local.Program
	service      *service
}

// service is a running `alertsmith serve`.
type service struct {
	url   string
	cmd   *exec.Cmd
	ended chan struct{}
}

// storage is where Alertsmith keeps the rulebook, the journal and the command token.
func (w *world) storage() string { return filepath.Join(w.dir, "alertsmith") }

// startPrometheus starts Alertmanager and a Prometheus that scrapes itself, Alertsmith, and a node_exporter that is not there.
func (w *world) startPrometheus(ctx context.Context) (err error) {
	w.alertmanager, err = local.StartAlertmanager(ctx, local.AlertmanagerOptions{Dir: filepath.Join(w.dir, "alertmanager")})
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	w.service = &service{url: "http://127.0.0.1:" + strconv.Itoa(port)}
	w.prometheus, err = local.StartPrometheus(ctx, local.PrometheusOptions{
		Dir:             filepath.Join(w.dir, "prometheus"),
		RulesDir:        w.prometheusRules(),
		AlertmanagerURL: w.alertmanager.URL,
		Scrape: map[string]string{
			"alertsmith:9595":    w.service.url[len("http://"):],
			"node_exporter:9100": "127.0.0.1:9",
		},
		EvaluationInterval: time.Second,
		Lifecycle:          true,
	})
	return err
}

func (w *world) prometheusRules() string { return filepath.Join(w.dir, "prometheus", "rules") }
func (w *world) lokiRules() string       { return filepath.Join(w.dir, "loki", "rules") }

func (w *world) startLoki(ctx context.Context) (err error) {
	w.loki, err = local.StartLoki(ctx, local.LokiOptions{
		Dir:                filepath.Join(w.dir, "loki"),
		RulesDir:           w.lokiRules(),
		AlertmanagerURL:    w.alertmanager.URL,
		PollInterval:       time.Second,
		EvaluationInterval: time.Second,
	})
	return err
}

// serveArgs are the arguments of `alertsmith` for the rulers that run.
func (w *world) serveArgs() []string {
	args := []string{
		"serve",
		"--storage.path=" + w.storage(),
		"--web.listen-address=" + w.service.url[len("http://"):],
		"--prometheus.url=" + w.prometheus.URL,
		"--prometheus.rules-dir=" + w.prometheusRules(),
	}
	if w.loki != nil {
		args = append(args, "--loki.url="+w.loki.URL, "--loki.rules-dir="+filepath.Join(w.lokiRules(), local.Tenant))
	}
	return args
}

// serve starts Alertsmith, after stopping the one that runs, and waits until it is ready.
func (w *world) serve(ctx context.Context) error {
	w.service.stop()
	logPath := filepath.Join(w.dir, "alertsmith.log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command("./alertsmith", w.serveArgs()...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the terminal's Ctrl-C is for the demo, which stops it in order
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("alertsmith does not start (`make demo` builds it): %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(ended)
	}()
	w.service.cmd, w.service.ended = cmd, ended
	return poll(ctx, 30*time.Second, "Alertsmith is ready; its log is "+logPath, func() (bool, error) {
		select {
		case <-ended:
			return false, errors.New("it has ended")
		default:
			return ready(ctx, w.service.url)
		}
	})
}

// freePort returns a port of loopback that nobody listens at.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil //nolint:forcetypeassert // that is what a TCP listener has
}

// ready asks Alertsmith whether it is.
func ready(ctx context.Context, url string) (bool, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/-/ready", nil)
	if err != nil {
		return false, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, nil // it does not listen yet
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK, err
}

// stop asks the service to end and returns when it has.
func (s *service) stop() {
	if s == nil || s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-s.ended:
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.ended
	}
}

// stop ends everything that was started, Alertsmith first.
func (w *world) stop() {
	w.service.stop()
	for _, program := range []*local.Program{w.loki, w.prometheus, w.alertmanager} {
		if program != nil {
			program.Stop()
		}
	}
}

// poll asks until done says yes, fails, or the time is over; what is the sentence that should have become true.
func poll(ctx context.Context, limit time.Duration, what string, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := done()
		if err != nil {
			return fmt.Errorf("waiting until %s: %w", what, err)
		}
		if yes {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited %v in vain until %s", limit, what)
		case <-tick.C:
		}
	}
}
