package remote

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// shell is a server that is spoken to over ssh. Neither the user's ssh configuration nor a proxy of the environment is used.
type shell struct {
	at         address
	key        string // file; "": none
	passphrase string // file; "": none
	agent      bool
	socket     string // of the agent
	known      string // file
	timeout    time.Duration
}

func newSSH(at address, c Config, timeout time.Duration) (dial, error) {
	h := shell{at: at, key: c.KeyFile, passphrase: c.KeyPassphraseFile, agent: c.Agent, socket: cmp.Or(c.AgentSocket, os.Getenv("SSH_AUTH_SOCK")), known: c.KnownHostsFile, timeout: timeout}
	if h.known == "" {
		return nil, unavailable(errUnknownHost, "`git.remote` is reached by ssh, and for that the server's key must be known: %s, compare it with the fingerprint that the server's administrator gives, and name that file in `git.known_hosts_file`", h.scan("known_hosts"))
	}
	if h.key == "" && !h.agent {
		return nil, unavailable(errAddress, "`git.remote` is reached by ssh, and there is no key to sign in with: name a private key in `git.ssh_key_file`, or set `git.ssh_agent`")
	}
	return h.dial, nil
}

func (h shell) dial(ctx context.Context, w *watch, s service) (link, error) {
	hosts, err := h.hosts()
	if err != nil {
		return nil, err
	}
	keys, done, err := h.keys(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	conn, err := (&net.Dialer{Timeout: h.timeout}).DialContext(ctx, "tcp", h.at.hostPort())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	l, err := h.start(conn, w, s, hosts, keys)
	if err != nil {
		stop()
		_ = conn.Close()
		return nil, err
	}
	kill := l.kill
	l.kill = func() { stop(); kill() }
	return l, nil
}

// start signs in on conn and starts the service.
func (h shell) start(conn net.Conn, w *watch, s service, hosts *hosts, keys ssh.AuthMethod) (*pipes, error) {
	c, channels, requests, err := ssh.NewClientConn(conn, h.at.hostPort(), &ssh.ClientConfig{
		User:              h.at.user,
		Auth:              []ssh.AuthMethod{keys},
		HostKeyCallback:   hosts.check,
		HostKeyAlgorithms: hosts.algorithms,
	})
	if err != nil {
		return nil, h.handshake(err, hosts)
	}
	client := ssh.NewClient(c, channels, requests)
	session, err := client.NewSession()
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	p := &pipes{watch: w, wait: session.Wait, kill: func() { _ = client.Close() }}
	session.Stderr = &p.stderr
	var stdout io.Reader
	if p.stdin, err = session.StdinPipe(); err == nil {
		stdout, err = session.StdoutPipe()
	}
	if err == nil {
		p.begin(stdout)
		err = session.Start(string(s) + " " + quote(h.at.path))
	}
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return p, nil
}

// handshake explains why no connection came about.
func (h shell) handshake(err error, hosts *hosts) error {
	var none *ssh.AlgorithmNegotiationError
	switch {
	case hosts.refusal != nil:
		return hosts.refusal
	case errors.As(err, &none):
		return unavailable(err, "the Git server %s has no host key of a kind that %s knows of it (%s): %s, and compare it with the fingerprint that the server's administrator gives",
			h.at, h.known, strings.Join(hosts.algorithms, ", "), h.scan(h.known))
	case strings.Contains(err.Error(), "unable to authenticate"): // x/crypto v0.57.0 has no type for it
		return unavailable(err, "the Git server %s does not let the user %q in with %s: add the public key there", h.at, h.at.user, h.source())
	default:
		return err
	}
}

func (h shell) source() string {
	switch {
	case h.key != "" && h.agent:
		return "the key in " + h.key + " or those of the ssh agent"
	case h.key != "":
		return "the key in " + h.key
	default:
		return "the keys of the ssh agent"
	}
}

// keys returns what to sign in with, and what to call when that is over.
func (h shell) keys(ctx context.Context) (method ssh.AuthMethod, done func(), err error) {
	var signers []ssh.Signer
	done = func() {}
	if h.key != "" {
		own, err := h.readKey()
		if err != nil {
			return nil, nil, err
		}
		signers = append(signers, own)
	}
	if h.agent {
		conn, err := (&net.Dialer{Timeout: h.timeout}).DialContext(ctx, "unix", h.socket)
		if err != nil {
			return nil, nil, unavailable(err, "the ssh agent cannot be reached: is SSH_AUTH_SOCK set for Alertsmith, and does the agent run?")
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
		done = func() { stop(); _ = conn.Close() }
		theirs, err := agent.NewClient(conn).Signers()
		if err != nil {
			done()
			return nil, nil, unavailable(err, "the ssh agent does not tell its keys")
		}
		signers = append(signers, theirs...)
	}
	return ssh.PublicKeys(signers...), done, nil
}

// readKey reads the private key.
func (h shell) readKey() (ssh.Signer, error) {
	pem, err := readSmallFile(h.key)
	if err != nil {
		return nil, unavailable(err, "the ssh key of `git.ssh_key_file` cannot be read")
	}
	if h.passphrase == "" {
		signer, err := ssh.ParsePrivateKey(pem)
		if missing := (*ssh.PassphraseMissingError)(nil); errors.As(err, &missing) {
			return nil, unavailable(err, "the ssh key %s is encrypted: name the file with its passphrase in `git.ssh_key_passphrase_file`", h.key)
		}
		if err != nil {
			return nil, unavailable(err, "the file %s of `git.ssh_key_file` is not an ssh private key", h.key)
		}
		return signer, nil
	}
	passphrase, err := readSecret(h.passphrase)
	if err != nil {
		return nil, unavailable(err, "the passphrase of `git.ssh_key_passphrase_file` cannot be read")
	}
	signer, err := ssh.ParsePrivateKeyWithPassphrase(pem, []byte(passphrase))
	if err != nil {
		return nil, unavailable(fmt.Errorf("%s: %w", h.key, err), "the ssh key %s does not open with the passphrase in %s", h.key, h.passphrase)
	}
	return signer, nil
}

// quote makes s one word for the server's shell and for git-shell, as git's sq_quote_buf does.
func quote(s string) string {
	return "'" + strings.NewReplacer("'", `'\''`, "!", `'\!'`).Replace(s) + "'"
}
