package remotetest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Faults are what a proxy does to the bytes that go through it. The zero value does nothing to them.
type Faults struct {
	Refuse      bool          // new connections are closed at once
	Hang        bool          // nothing goes through any more, and nothing is closed
	Delay       time.Duration // before each piece, both ways
	CutRequest  int64         // the connection is cut after so many bytes to the server; 0: never
	CutAnswer   int64         // the connection is cut after so many bytes from the server; 0: never
	DropAnswers bool          // what the server says is swallowed, and the connection is cut when it ends
}

// Proxy is a TCP proxy on loopback that breaks connections.
type Proxy struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	faults Faults
	change chan struct{} // closed when the faults change
	conns  map[net.Conn]bool
	passed [2]int64 // bytes to the server and from it since the faults changed
	closed bool
}

// NewProxy starts a proxy for the server at target, a host and port. It ends with the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	p, err := StartProxy(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// StartProxy does what NewProxy does outside of tests. The caller closes the proxy.
func StartProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, change: make(chan struct{}), conns: map[net.Conn]bool{}}
	go p.serve()
	return p, nil
}

// Addr returns the proxy's host and port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// Set puts faults in force, for connections that stand too.
func (p *Proxy) Set(f Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.passed = f, [2]int64{}
	close(p.change)
	p.change = make(chan struct{})
}

// Cut cuts all connections that stand now.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}

// Passed returns how many bytes went to the server and came from it since Set.
func (p *Proxy) Passed() (request, answer int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.passed[0], p.passed[1]
}

// Open returns how many connections stand, each counted on both sides.
func (p *Proxy) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns)
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.listener.Close()
	p.Set(Faults{Refuse: true})
	p.Cut()
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		f, _ := p.now()
		if f.Refuse {
			_ = client.Close()
			continue
		}
		server, err := (&net.Dialer{Timeout: 10 * time.Second}).Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if p.keep(client, server) {
			go p.pump(server, client, 0, func(f Faults) (int64, bool) { return f.CutRequest, false })
			go p.pump(client, server, 1, func(f Faults) (int64, bool) { return f.CutAnswer, f.DropAnswers })
		}
	}
}

// keep takes a pair of connections, unless the proxy ends.
func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.closed {
			_ = c.Close()
		} else {
			p.conns[c] = true
		}
	}
	return !p.closed
}

// pump copies one direction of a connection, and closes both when it ends.
func (p *Proxy) pump(to, from net.Conn, way int, what func(Faults) (cut int64, drop bool)) {
	defer p.forget(to, from)
	buffer := make([]byte, 32<<10)
	var passed int64
	for {
		n, err := from.Read(buffer)
		f := p.pass()
		cut, drop := what(f)
		if cut > 0 && passed+int64(n) >= cut {
			n, err = int(max(0, cut-passed)), net.ErrClosed
		}
		passed += int64(n)
		p.count(way, n)
		if !drop {
			if _, failed := to.Write(buffer[:n]); failed != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass waits for as long as the faults say, and returns those of after the waiting.
func (p *Proxy) pass() Faults {
	f, changed := p.now()
	if f.Delay > 0 && !f.Hang {
		select {
		case <-time.After(f.Delay):
		case <-changed:
		}
	}
	for f, changed = p.now(); f.Hang; f, changed = p.now() {
		<-changed
	}
	return f
}

func (p *Proxy) count(way, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.passed[way] += int64(n)
}

func (p *Proxy) now() (Faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.change
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		_ = c.Close()
		delete(p.conns, c)
	}
}
