package remote_test

import (
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

func TestPassword(t *testing.T) {
	t.Parallel()
	h := httpHost(t)
	r := h.open(t)
	if err := os.WriteFile(h.config.PasswordFile, []byte("wrong"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := r.Tip(t.Context())
	has(t, err, `does not accept the user "ada" with the password in `+h.config.PasswordFile)
	has(t, r.Push(t.Context(), zero, newLocal(t).commit(t, zero, "x", "x"), nil), "does not accept", "nothing was sent")
	if err := os.WriteFile(h.config.PasswordFile, []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tip(t.Context()); err != nil {
		t.Errorf("the new password was not read: %v", err)
	}
	for _, content := range []string{"", "\n", canary + "\nsecond\n", canary + "\x00"} {
		if err := os.WriteFile(h.config.PasswordFile, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := r.Tip(t.Context())
		has(t, err, "git.password_file", "one line")
	}
	h.config.PasswordFile = ""
	_, err = h.open(t).Tip(t.Context())
	has(t, err, "wants a user name and a password", "git.password_file")
}

// A redirect is followed neither with nor without the password, wherever it goes.
func TestRedirect(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(elsewhere.Close)
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		for _, to := range []string{elsewhere.URL + "/r.git/info/refs?token=" + canary, "/other%1b[31m"} {
			dir := remotetest.Bare(t)
			s := remotetest.HTTP(t, dir, "ada", canary, func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != method {
					return true
				}
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusTemporaryRedirect)
				return false
			})
			l := newLocal(t)
			ours := l.commit(t, zero, "x", "x")
			r := open(t, remote.Config{URL: s.Repository, Username: "ada", PasswordFile: file(t, canary)})
			err := r.Push(t.Context(), zero, ours, l.pack(t, zero, ours))
			has(t, err, map[string]string{http.MethodGet: "that is not followed", http.MethodPost: "307 Temporary Redirect"}[method])
			if strings.Contains(err.Error(), "info/refs") {
				t.Errorf("no repository to be configured: %q", err)
			}
			if strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("control characters of the server: %q", err)
			}
			if tip := remotetest.Tip(t, dir, "main"); tip != "" {
				t.Errorf("the branch stands at %s", tip)
			}
		}
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d requests came to where the redirect went", n)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]string{
		http.StatusForbidden:             "does not allow the user",
		http.StatusInternalServerError:   "HTTP 500",
		http.StatusRequestEntityTooLarge: "HTTP 413",
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, password, _ := r.BasicAuth()
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "no: "+password)
		}))
		t.Cleanup(s.Close)
		r := open(t, remote.Config{URL: s.URL + "/r", Username: "ada", PasswordFile: file(t, canary)})
		has(t, r.Push(t.Context(), zero, newLocal(t).commit(t, zero, "x", "x"), nil), want)
	}
}

func TestPushTooLargeForAProxy(t *testing.T) {
	t.Parallel()
	s := remotetest.HTTP(t, remotetest.Bare(t), "", "", func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		return r.Method != http.MethodPost
	})
	l := newLocal(t)
	ours := l.commit(t, zero, "x", string(noise(4<<20)))
	err := open(t, remote.Config{URL: s.Repository}).Push(t.Context(), zero, ours, l.pack(t, zero, ours))
	has(t, err, "client_max_body_size")
	if _, ok := errors.AsType[*remote.Rejected](err); !ok {
		t.Errorf("%v is not a refusal", err)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(s.Close)
	_, err := open(t, remote.Config{URL: s.URL + "/r"}).Tip(t.Context())
	has(t, err, "git.ca_file")
	_, err = open(t, remote.Config{URL: s.URL + "/r", CAFile: file(t, certificate(s))}).Tip(t.Context())
	has(t, err, "has no repository")
	_, err = open(t, remote.Config{URL: strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/r", CAFile: file(t, certificate(s))}).Tip(t.Context())
	has(t, err, "another name")
	_, err = remote.New(remote.Config{URL: s.URL + "/r", CAFile: file(t, "nonsense")})
	has(t, err, "no certificate")
}

func TestKeys(t *testing.T) {
	t.Parallel()
	h := sshHost(t)
	other := filepath.Join(t.TempDir(), "other")
	if _, err := remotetest.NewKey(other, "ed25519", canary); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name            string
		key, passphrase string
		want            string
	}{
		{"not let in", other, file(t, canary), "does not let the user"},
		{"encrypted", other, "", "git.ssh_key_passphrase_file"},
		{"wrong passphrase", other, file(t, "x"+canary), "does not open"},
		{"no file", other + "-gone", "", "git.ssh_key_file"},
		{"no key", file(t, canary), "", "not an ssh private key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := h.config
			config.KeyFile, config.KeyPassphraseFile = c.key, c.passphrase
			_, err := open(t, config).Tip(t.Context())
			has(t, err, c.want)
		})
	}
}

func TestHostKeys(t *testing.T) {
	t.Parallel()
	dir := remotetest.Bare(t)
	s := remotetest.SSH(t, dir)
	key := func(kind string) string {
		public, err := remotetest.NewKey(filepath.Join(t.TempDir(), "key"), kind, "")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(public)[:2], " ")
	}
	host, port, _ := strings.Cut(s.Addr(), ":")
	here := "[" + host + "]:" + port + " "
	for _, c := range []struct {
		name, known string
		want        []string // none: it is let in
	}{
		{"known", here + s.HostKey, nil},
		{"known beside another kind", here + key("ecdsa") + "\n" + here + s.HostKey, nil},
		{"unknown", "example.org " + s.HostKey, []string{"is not in", "ssh-keyscan -p " + port + " " + host + " >> "}},
		{"empty", "", []string{"is not in", "ssh-keyscan"}},
		{"changed", here + key("ed25519"), []string{"another host key", "line 1", "SHA256:", "`ssh-keygen -R '[127.0.0.1]:" + port + "' -f ", "`ssh-keyscan"}},
		{"of another kind", here + key("rsa"), []string{"no host key of a kind", "rsa-sha2-512", "ssh-keyscan"}},
		{"revoked", "@revoked * " + s.HostKey + "\n" + here + s.HostKey, []string{"line 1, says is revoked", "SHA256:"}},
		{"nonsense", "what is\tthis", []string{"cannot be understood"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := remote.Config{URL: s.URL, KeyFile: s.KeyFile, KnownHostsFile: file(t, c.known+"\n")}
			_, err := open(t, config).Tip(t.Context())
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			has(t, err, c.want...)
			if c.name == "revoked" && strings.Contains(err.Error(), "ssh-key") {
				t.Errorf("%v: want no advice to trust the key", err)
			}
		})
	}
}

func certificate(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

func TestAgent(t *testing.T) {
	t.Parallel()
	h := sshHost(t)
	socket := filepath.Join(shortDir(t), "agent")
	program := remotetest.Need(t, "ssh-agent", "openssh-client")
	agent := exec.Command(program, "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Kill()
		_ = agent.Wait()
	})
	waitForSocket(t, socket)
	config := h.config
	config.KeyFile, config.Agent, config.AgentSocket = "", true, socket
	_, err := open(t, config).Tip(t.Context())
	has(t, err, "does not let the user", "keys of the ssh agent")
	add := exec.CommandContext(t.Context(), remotetest.Need(t, "ssh-add", "openssh-client"), "-q", h.config.KeyFile)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("ssh-add: %v\n%s", err, out)
	}
	if _, err := open(t, config).Tip(t.Context()); err != nil {
		t.Error(err)
	}
	config.AgentSocket += "-gone"
	_, err = open(t, config).Tip(t.Context())
	has(t, err, "the ssh agent cannot be reached")
}

// waitForSocket waits until somebody listens.
func waitForSocket(t *testing.T, name string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if c, err := net.Dial("unix", name); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nobody listens at %s", name)
}

// shortDir is a directory whose name is short enough for a socket in it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "a") //nolint:usetesting // the name of t.TempDir is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
