package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Program is one running program. It ends with Stop or Kill, or, on Linux, with the process that started it.
type Program struct {
	Name    string
	URL     string // http://127.0.0.1:port, without a trailing slash
	PID     int
	Dir     string // its configuration, data and log
	LogPath string

	port    int
	process *os.Process
	ended   chan struct{} // closed when the process has ended
}

// launch says how a program is started at a port.
type launch struct {
	name  string
	dir   string
	port  int                              // 0 for any that is free
	ready string                           // the path that answers 200 when it is ready
	setup func(port int) ([]string, error) // writes the configuration for that port and returns the arguments
}

// grace is how long a program may take to end after SIGTERM.
const grace = 10 * time.Second

var errPortTaken = errors.New("the port was taken meanwhile")

// start starts the program and waits until it is ready; ctx ends only the waiting. A free port may be gone before the program
// listens there, therefore it is tried several times.
func (l launch) start(ctx context.Context) (*Program, error) {
	binary, err := Find(l.name)
	if err != nil {
		return nil, err
	}
	if l.dir == "" {
		return nil, fmt.Errorf("%s: no directory given", l.name)
	}
	if err := os.MkdirAll(l.dir, 0o755); err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		port := l.port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return nil, err
			}
		}
		program, err := l.startAt(ctx, binary, port)
		if errors.Is(err, errPortTaken) && l.port == 0 && attempt < 5 {
			continue
		}
		return program, err
	}
}

func (l launch) startAt(ctx context.Context, binary string, port int) (*Program, error) {
	args, err := l.setup(port)
	if err != nil {
		return nil, err
	}
	p := &Program{
		Name:    l.name,
		URL:     fmt.Sprintf("http://127.0.0.1:%d", port),
		port:    port,
		Dir:     l.dir,
		LogPath: filepath.Join(l.dir, l.name+".log"),
		ended:   make(chan struct{}),
	}
	logFile, err := os.OpenFile(p.LogPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer logFile.Close()
	logStart, err := logFile.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = l.dir, logFile, logFile, dieWithParent()
	if err := p.run(cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", l.name, err)
	}
	if err := p.waitReady(ctx, l.ready); err != nil {
		p.Kill()
		log := tail(p.LogPath, logStart)
		if strings.Contains(log, "address already in use") {
			err = errPortTaken
		}
		return nil, fmt.Errorf("%s: %w; its log ends with:\n%s", l.name, err, log)
	}
	return p, nil
}

// run starts cmd and reaps it. The kernel ends a child together with the *thread* that started it, so that thread waits for it.
func (p *Program) run(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	p.process, p.PID = cmd.Process, cmd.Process.Pid
	return nil
}

func (p *Program) waitReady(ctx context.Context, path string) error {
	client := http.Client{Timeout: 2 * time.Second}
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+path, nil)
	if err != nil {
		return err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if response, err := client.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK && p.Running() {
				return nil
			}
		}
		select {
		case <-p.ended:
			return errors.New("ended before it was ready")
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// Port returns the port in the program's URL, to start it again at the same address.
func (p *Program) Port() int { return p.port }

// Running reports whether the process has not ended.
func (p *Program) Running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Stop asks the program to end (SIGTERM), kills it after ten seconds, and returns when it is gone. Stopping twice is harmless.
func (p *Program) Stop() {
	_ = p.process.Signal(syscall.SIGTERM) // fails only when it has ended
	select {
	case <-p.ended:
	case <-time.After(grace):
		p.Kill()
	}
}

// Kill ends the program at once (SIGKILL) and returns when it is gone.
func (p *Program) Kill() {
	_ = p.process.Kill() // fails only when it has ended
	<-p.ended
}

func freePort() (int, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, err
	}
	address, err := netip.ParseAddrPort(listener.Addr().String())
	return int(address.Port()), errors.Join(err, listener.Close())
}

// tail returns the end of what was logged after offset start.
func tail(path string, start int64) string {
	log, err := os.ReadFile(path)
	if err != nil || int64(len(log)) < start {
		return ""
	}
	log = bytes.TrimSpace(log[start:])
	return string(log[max(0, len(log)-4000):])
}
