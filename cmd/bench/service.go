package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alertsmith/alertsmith/bot"
	"github.com/alertsmith/alertsmith/rules"
)

// ownNamespace is the channel that commands are given in.
const ownNamespace = "bench"

// patience is how long the service may take to be ready, and to index the history of a rulebook.
const patience = 15 * time.Minute

// service is the real program in a process of its own, beside a stand-in for its Prometheus.
type service struct {
	storage string
	log     string // what every process of the service printed; it is left behind
	url     string
	token   string
	ruler   *http.Server
	client  *http.Client
	args    []string
	program string
	process *exec.Cmd
	given   atomic.Int64 // commands that succeeded; those that change something are on the day's page
	ended   chan struct{}
}

func newService(ctx context.Context, program, storage, log string) (*service, error) {
	s := &service{storage: storage, log: log, program: program, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	live := filepath.Join(storage, "live")
	if err := os.MkdirAll(live, 0o755); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.ruler = &http.Server{Handler: newStandIn(live), ReadHeaderTimeout: time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	go func() { _ = s.ruler.Serve(listener) }() // until stop closes it
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s.url = "http://" + address
	s.args = []string{
		"serve", "--log.level=warn", "--web.listen-address=" + address, "--storage.path=" + storage,
		"--prometheus.url=http://" + listener.Addr().String(), "--prometheus.rules-dir=" + live,
	}
	return s, nil
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// start starts the process and returns how long it took until it said that it is ready.
func (s *service) start(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	s.process = exec.Command(s.program, s.args...)
	s.process.Stdout, s.process.Stderr = log, log
	begin := time.Now()
	if err := s.process.Start(); err != nil {
		return 0, err
	}
	s.ended = make(chan struct{})
	go func() {
		_ = s.process.Wait() // how it ended is in its log
		close(s.ended)
	}()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !s.ready(ctx) {
		select {
		case <-s.ended:
			return 0, fmt.Errorf("alertsmith ended before it was ready:\n%s", tail(log.Name()))
		case <-ctx.Done():
			return 0, fmt.Errorf("alertsmith is not ready: %w:\n%s", ctx.Err(), tail(log.Name()))
		case <-tick.C:
		}
	}
	took := time.Since(begin)
	token, err := os.ReadFile(filepath.Join(s.storage, "command.token"))
	s.token = strings.TrimSpace(string(token))
	return took, err
}

func tail(path string) string {
	log, _ := os.ReadFile(path)
	return string(log[max(0, len(log)-2000):])
}

func (s *service) ready(ctx context.Context) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/-/ready", http.NoBody)
	if err != nil {
		return false
	}
	response, err := s.client.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}

// quit asks the process to end and waits until it has.
func (s *service) quit() error {
	if s.process == nil || s.process.Process == nil {
		return nil
	}
	_ = s.process.Process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-s.ended:
		return nil
	case <-time.After(time.Minute):
		_ = s.process.Process.Kill()
		<-s.ended
		return errors.New("alertsmith did not end when it was told to")
	}
}

// stop ends the service and its ruler for good.
func (s *service) stop() {
	_ = s.quit() // it is ended either way
	_ = s.ruler.Close()
}

// command gives a command as `alertsmith send` does; anything but success, and a change that is live, is an error.
func (s *service) command(ctx context.Context, text string) error {
	form := url.Values{
		"token": {s.token}, "command": {"/alert"}, "text": {text}, "user_id": {"terminal-bench"}, "user_name": {"bench"},
		"channel_id": {"terminal-" + ownNamespace}, "channel_name": {ownNamespace},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/mattermost/command", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var reply struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(body, &reply); err != nil || response.Header.Get(bot.ResultHeader) != string(rules.Success) {
		return fmt.Errorf("%s: %s: %.500s", text, response.Status, body)
	}
	s.given.Add(1)
	if strings.Contains(reply.Text, "not live") {
		return fmt.Errorf("%s: %s", text, reply.Text)
	}
	return nil
}
