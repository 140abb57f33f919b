package remote

import (
	"bufio"
	"bytes"
	"io"
	"sync"
)

// pipes is a service that reads from one pipe and writes to two others: here, or at the end of an ssh connection.
type pipes struct {
	watch  *watch
	stdin  io.WriteCloser
	stdout *bufio.Reader
	stderr head
	wait   func() error // for the service to end; once
	kill   func()       // ends the service, if it has not

	asked bool
	sent  chan struct{} // closed when nothing is sent any more
	ended sync.Once
}

// begin takes the service's output.
func (p *pipes) begin(stdout io.Reader) {
	p.stdout = bufio.NewReaderSize(heard{stdout, p.watch}, 32<<10)
	p.sent = make(chan struct{})
}

func (p *pipes) advertised() (io.Reader, error) { return p.stdout, nil }

// request sends beside the reading: a service that refuses, or that reports how far it is, would otherwise wait for us
// while we wait for it.
func (p *pipes) request(body io.Reader, _ int64) (io.Reader, error) {
	p.asked = true
	go func() {
		defer close(p.sent)
		// A failure shows in the answer, which then ends early or says why.
		_, _ = io.Copy(writer{p.stdin, p.watch}, body)
		_ = p.stdin.Close()
	}()
	return p.stdout, nil
}

func (p *pipes) complaint() string {
	_ = p.stdin.Close()
	_, _ = io.Copy(io.Discard, limit(p.stdout, maxReport))
	p.end()
	return p.stderr.String()
}

func (p *pipes) secrets() []string { return nil }

// end waits for the service.
func (p *pipes) end() {
	p.ended.Do(func() { _ = p.wait() })
}

func (p *pipes) close() {
	if !p.asked {
		_, _ = p.stdin.Write([]byte("0000")) // nothing is wanted: the polite way to go
		p.asked = true
		close(p.sent)
	}
	p.kill()
	<-p.sent
	p.end()
}

// heard tells the watch of every byte that comes.
type heard struct {
	io.Reader
	watch *watch
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	h.watch.heard(n)
	return n, err
}

// writer tells the watch of every byte that goes.
type writer struct {
	io.Writer
	watch *watch
}

func (w writer) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.watch.heard(n)
	return n, err
}

// head keeps the first bytes that are written to it, and lets the rest go.
type head struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

const maxHead = 4 << 10

func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kept.Write(p[:min(len(p), maxHead-h.kept.Len())])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.kept.String()
}
