package remotetest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// SSHServer is a Git server for one repository, by sshd as the current user.
type SSHServer struct {
	URL        string // of the repository
	KeyFile    string // the private key that it lets in
	KnownHosts string // a known_hosts file with the server's key, for every host and port
	HostKey    string // the server's public key, as a line of known_hosts has it after the host

	user  string
	addr  string
	dir   string // the repository
	cmd   *exec.Cmd
	log   *output
	ended chan struct{} // closed when sshd has ended
}

// SSH serves the repository at dir over ssh until the test ends.
func SSH(t testing.TB, dir string) *SSHServer {
	t.Helper()
	for _, program := range []string{"sshd", "ssh-keygen"} {
		Need(t, program, map[string]string{"sshd": "openssh-server", "ssh-keygen": "openssh-client"}[program])
	}
	Need(t, "git", "git")
	if me, err := user.Current(); err == nil {
		if err := mayLogin(me.Username); err != nil {
			absent(t, err)
		}
	}
	s, err := StartSSH(dir, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// StartSSH does what SSH does outside of tests, with keys and configuration in the directory state. The caller closes the
// server.
func StartSSH(dir, state string) (*SSHServer, error) {
	sshd, err := find("sshd", "openssh-server")
	if err != nil {
		return nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	s := &SSHServer{user: me.Username, dir: dir, KeyFile: filepath.Join(state, "key"), KnownHosts: filepath.Join(state, "known_hosts"), log: &output{}}
	hostKey := filepath.Join(state, "host_key")
	for _, key := range []string{s.KeyFile, hostKey} {
		if _, err := NewKey(key, "ed25519", ""); err != nil {
			return nil, err
		}
	}
	public, err := os.ReadFile(hostKey + ".pub")
	if err != nil {
		return nil, err
	}
	s.HostKey = strings.Join(strings.Fields(string(public))[:2], " ")
	if err := os.WriteFile(s.KnownHosts, []byte("* "+s.HostKey+"\n"), 0o600); err != nil { //nolint:gosec // G703: the caller says where
		return nil, err
	}
	if me.Uid == "0" { // where it has no privileges to give up sshd asks for no such directory
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			return nil, err
		}
	}
	// Between finding a free port and using it another program may take it.
	for range 5 {
		if err = s.start(sshd, state, hostKey); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// start runs sshd on a port that is free.
func (s *SSHServer) start(sshd, state, hostKey string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr = l.Addr().String()
	l.Close()
	config := filepath.Join(state, "sshd_config")
	lines := []string{
		"ListenAddress " + s.addr,
		"HostKey " + hostKey,
		"PidFile none",
		"AuthorizedKeysFile " + s.KeyFile + ".pub",
		"StrictModes no",
		"UsePAM no",
		"PasswordAuthentication no",
		"KbdInteractiveAuthentication no",
		"PermitRootLogin prohibit-password",
		"PermitUserRC no",
		"PrintMotd no",
		"MaxStartups 1000",
		"MaxSessions 100",
		"SetEnv GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=" + os.DevNull,
		"LogLevel VERBOSE",
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	s.URL = "ssh://" + s.user + "@" + s.addr + s.dir
	s.cmd = exec.Command(sshd, "-D", "-e", "-f", config)
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait()
		close(ended)
	}(s.cmd, s.ended)
	if err := s.answers(); err != nil {
		s.Close()
		return err
	}
	return nil
}

// mayLogin tells why sshd would let nobody in: it asks the account's shell to run what it is told.
func mayLogin(name string) error {
	accounts, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return err
	}
	for account := range strings.Lines(string(accounts)) {
		fields := strings.Split(strings.TrimSpace(account), ":")
		if fields[0] == name && strings.HasSuffix(fields[len(fields)-1], "nologin") {
			return errors.New("the user " + name + ", who runs the tests, has no login shell, and sshd lets no such user in")
		}
	}
	return nil
}

// answers waits until sshd takes connections.
func (s *SSHServer) answers() error {
	deadline := time.After(10 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(s.log.String(), "Server listening on") {
		select {
		case <-tick.C:
		case <-s.ended:
			return errors.New("sshd does not listen:\n" + s.log.String())
		case <-deadline:
			return errors.New("sshd takes too long to listen:\n" + s.log.String())
		}
	}
	return nil
}

// Through returns the repository's URL with another host and port, that of a proxy.
func (s *SSHServer) Through(p *Proxy) string {
	return "ssh://" + s.user + "@" + p.Addr() + s.dir
}

// Addr returns the host and port to connect to.
func (s *SSHServer) Addr() string { return s.addr }

// Command is a GIT_SSH_COMMAND with which the git command line gets in.
func (s *SSHServer) Command() string {
	return fmt.Sprintf("ssh -F none -i %s -o IdentitiesOnly=yes -o UserKnownHostsFile=%s -o StrictHostKeyChecking=yes", s.KeyFile, s.KnownHosts)
}

// Close ends sshd.
func (s *SSHServer) Close() {
	_ = s.cmd.Process.Kill()
	<-s.ended
}

// NewKey makes an ssh key of a kind ("ed25519", "rsa", "ecdsa") at path, with its public part at path.pub, and returns the
// public part.
func NewKey(path, kind, passphrase string) (string, error) {
	keygen, err := find("ssh-keygen", "openssh-client")
	if err != nil {
		return "", err
	}
	out, err := exec.Command(keygen, "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", path).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("ssh-keygen: %w\n%s", err, out)
	}
	public, err := os.ReadFile(path + ".pub")
	return string(public), err
}

// output is what a program printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns all of it.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
