package remote_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

func TestUnreachable(t *testing.T) {
	t.Parallel()
	eachNetwork(t, func(t *testing.T, h host) {
		l := newLocal(t)
		ours := l.commit(t, zero, "x", "x")
		r := h.open(t)
		h.proxy.Set(remotetest.Faults{Refuse: true})
		err := r.Push(t.Context(), zero, ours, nil)
		has(t, err, "closed the connection")
		if !errors.Is(err, remote.ErrUnsent) {
			t.Errorf("%v is not marked as unsent", err)
		}
		// The proxy's own port may be another test's as soon as it is free; port 1 is nobody's.
		_, port, _ := strings.Cut(h.proxy.Addr(), ":")
		h.config.URL = strings.Replace(h.config.URL, ":"+port+"/", ":1/", 1)
		r = h.open(t)
		err = r.Push(t.Context(), zero, ours, nil)
		has(t, err, "refuses connections")
		if !errors.Is(err, remote.ErrUnsent) {
			t.Errorf("%v is not marked as unsent", err)
		}
	})
}

func TestUnknownName(t *testing.T) {
	t.Parallel()
	known := file(t, "* "+sshHost(t).hostKey(t)+"\n")
	for _, url := range []string{"https://host.invalid/r", "ssh://git@host.invalid/r"} {
		key := filepath.Join(t.TempDir(), "key")
		if _, err := remotetest.NewKey(key, "ed25519", ""); err != nil {
			t.Fatal(err)
		}
		_, err := open(t, remote.Config{URL: url, KeyFile: key, KnownHostsFile: known, Timeout: 5 * time.Second}).Tip(t.Context())
		has(t, err, "cannot be")
	}
}

func (h host) hostKey(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(h.config.KnownHostsFile)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(content)), "* ")
}

// The connection is cut after each so many bytes, both ways; whatever Push says must be true of the repository.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	eachNetwork(t, func(t *testing.T, h host) {
		r, l := h.open(t), newLocal(t)
		tip := l.commit(t, zero, "x", "x")
		if err := r.Push(t.Context(), zero, tip, l.pack(t, zero, tip)); err != nil {
			t.Fatal(err)
		}
		request, answer := h.proxy.Passed()
		outcomes := map[string]int{}
		for i := range int64(16) {
			left := i*i*i*i/24 + 8*i // of the whole: dense at the end
			for _, f := range []remotetest.Faults{{CutRequest: max(1, request-left)}, {CutAnswer: max(1, answer-left)}} {
				next := l.commit(t, tip, "x", fmt.Sprint(f))
				h.proxy.Cut() // kept connections have their bytes counted already
				h.proxy.Set(f)
				err := r.Push(t.Context(), tip, next, l.pack(t, tip, next))
				h.proxy.Set(remotetest.Faults{})
				now := h.settle(t, tip)
				_, rejected := errors.AsType[*remote.Rejected](err)
				switch {
				case err == nil && now != next:
					t.Errorf("%+v: pushed, but the branch stands at %v", f, now)
				case (errors.Is(err, remote.ErrUnsent) || rejected) && now != tip:
					t.Errorf("%+v: the branch stands at %v after: %v", f, now, err)
				case err == nil:
					outcomes["pushed"]++
				case errors.Is(err, remote.ErrUnsent):
					outcomes["unsent"]++
				case now == next:
					outcomes["applied, not told"]++
				default:
					outcomes["not applied, not told"]++
				}
				tip = now
			}
		}
		remotetest.Fsck(t, h.dir)
		t.Log(outcomes)
		if outcomes["pushed"] == 0 || outcomes["unsent"] == 0 || outcomes["applied, not told"]+outcomes["not applied, not told"] == 0 {
			t.Errorf("not every outcome was seen: %v", outcomes)
		}
	})
}

// settle returns where the branch stands when nothing more can happen to it: the server may be at work after we were cut off.
func (h host) settle(t *testing.T, before plumbing.Hash) plumbing.Hash {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 25 {
		if now := h.tip(t); now != before && now != zero {
			return now
		}
		incoming, err := filepath.Glob(filepath.Join(h.dir, "objects", "*coming-*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(incoming) > 0 {
			<-tick.C
			continue
		}
		<-tick.C
		if len(incoming) == 0 && h.idle() {
			break
		}
	}
	return h.tip(t)
}

// idle waits for what serves now to end: there are no connections of it.
func (h host) idle() bool { return h.proxy.Open() == 0 }

// The server took the push, and its answer was lost.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	eachNetwork(t, func(t *testing.T, h host) {
		release := filepath.Join(t.TempDir(), "release")
		reached := filepath.Join(t.TempDir(), "reached")
		// After the branch was moved, before the report: nothing but this hook runs there.
		remotetest.Hook(t, h.dir, "reference-transaction", fmt.Sprintf(`[ "$1" = committed ] || exit 0
echo > %[1]s
while [ -e %[1]s ] && [ ! -e %[2]s ]; do sleep 0.02; done`, reached, release))
		r, l := h.open(t), newLocal(t)
		ours := l.commit(t, zero, "x", "x")
		done := make(chan error, 1)
		go func() { done <- r.Push(t.Context(), zero, ours, l.pack(t, zero, ours)) }()
		waitFor(t, reached)
		h.proxy.Cut()
		err := <-done
		if err := os.WriteFile(release, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		has(t, err, "closed the connection")
		if _, rejected := errors.AsType[*remote.Rejected](err); rejected || errors.Is(err, remote.ErrUnsent) || errors.Is(err, remote.ErrMoved) {
			t.Errorf("what became of the push is not known, but: %v", err)
		}
		if tip, err := r.Tip(t.Context()); err != nil || tip != ours {
			t.Errorf("the tip is %v, %v", tip, err)
		}
		if err := r.Push(t.Context(), zero, ours, l.pack(t, zero, ours)); err != nil {
			t.Errorf("pushing the same again: %v", err)
		}
	})
}

// The server dies in the middle of a push, before and after it moved the branch.
func TestServerKilled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, hook, script string
		applied            bool
	}{
		{"before", "pre-receive", "kill -9 $PPID", false},
		{"after", "reference-transaction", "[ $1 = committed ] || exit 0; kill -9 $PPID", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachHost(t, func(t *testing.T, h host) {
				remotetest.Hook(t, h.dir, c.hook, c.script)
				r, l := h.open(t), newLocal(t)
				ours := l.commit(t, zero, "x", "x")
				err := r.Push(t.Context(), zero, ours, l.pack(t, zero, ours))
				has(t, err, "closed the connection")
				if _, rejected := errors.AsType[*remote.Rejected](err); rejected || errors.Is(err, remote.ErrUnsent) {
					t.Errorf("what became of the push is not known, but: %v", err)
				}
				if tip, err := r.Tip(t.Context()); err != nil || (tip == ours) != c.applied {
					t.Errorf("the tip is %v, %v", tip, err)
				}
				remotetest.Fsck(t, h.dir)
			})
		})
	}
}

// waitFor waits until a file is there.
func waitFor(t *testing.T, name string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		if _, err := os.Stat(name); err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s does not appear", name)
		}
	}
}

// A server that hangs in the middle of a push is left when the caller wants, or after the timeout.
func TestSilence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		timeout time.Duration
		want    string
	}{
		{"until the caller has enough", time.Hour, "was not waited for any longer"},
		{"until the timeout", 2 * time.Second, "did not answer for 2s (git.timeout)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			eachHost(t, func(t *testing.T, h host) {
				reached, release := filepath.Join(t.TempDir(), "reached"), filepath.Join(t.TempDir(), "release")
				remotetest.Hook(t, h.dir, "pre-receive", "echo > "+reached+"; while [ -e "+reached+" ] && [ ! -e "+release+" ]; do sleep 0.05; done; exit 1") // it ends with the test
				t.Cleanup(func() { _ = os.WriteFile(release, nil, 0o600) })
				// git's keep-alive packets are signs of life.
				remotetest.Git(t, h.dir, "config", "receive.keepAlive", "0")
				h.config.Timeout = c.timeout
				r, l := h.open(t), newLocal(t)
				ours := l.commit(t, zero, "x", "x")
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				done := make(chan error, 1)
				go func() { done <- r.Push(ctx, zero, ours, l.pack(t, zero, ours)) }()
				if c.timeout == time.Hour {
					waitFor(t, reached)
					cancel()
				}
				err := <-done
				has(t, err, c.want)
				if tip := h.tip(t); !tip.IsZero() {
					t.Errorf("the branch stands at %v", tip)
				}
			})
		})
	}
}

// A server that takes the connection and says nothing at all.
func TestSilentFromTheStart(t *testing.T) {
	t.Parallel()
	eachNetwork(t, func(t *testing.T, h host) {
		h.config.Timeout = 300 * time.Millisecond
		h.proxy.Set(remotetest.Faults{Hang: true})
		err := h.open(t).Push(t.Context(), zero, newLocal(t).commit(t, zero, "x", "x"), nil)
		has(t, err, "did not answer for 300ms")
		if !errors.Is(err, remote.ErrUnsent) {
			t.Errorf("%v is not marked as unsent", err)
		}
	})
}

// Answers that no Git server gives, on a port where something else listens.
func TestGarbage(t *testing.T) {
	t.Parallel()
	refs := func(s string) string { return fmt.Sprintf("%04x%s", len(s)+4, s) }
	const none = "0000000000000000000000000000000000000000 capabilities^{}\x00"
	for _, c := range []struct{ name, advert, result, want string }{
		{"a page", "<html>sign in</html>", "", "does not answer as a Git server"},
		{"nothing", "", "", "closed the connection"},
		{"cut", refs(none + "report-status"), "", "closed the connection"},
		{"no report", refs(none) + "0000", "", "too old"},
		{"sha256", refs(none+"object-format=sha256") + "0000", "", "SHA-256"},
		{"long hashes", refs(strings.Repeat("0", 64)+" capabilities^{}\x00object-format=sha256") + "0000", "", "SHA-256"},
		{"an error", refs("ERR " + canary + " is wrong\x1b[31m"), "", "says: [secret] is wrong[31m"},
		{"two mains", refs(strings.Repeat("1", 40)+" refs/heads/main\x00x") + refs(strings.Repeat("2", 40)+" refs/heads/main") + "0000", "", "does not answer as a Git server"},
		{"no refs", refs(strings.Repeat("1", 39)+" refs/heads/main\x00x") + "0000", "", "does not answer as a Git server"},
		{"an empty report", refs(none+"report-status") + "0000", "0000", "does not answer as a Git server"},
		{"a report without the branch", refs(none+"report-status") + "0000", refs("unpack ok\n") + "0000", "does not answer as a Git server"},
		{"a report of another branch", refs(none+"report-status") + "0000", refs("unpack ok\n") + refs("ok refs/heads/other\n") + "0000", "does not answer as a Git server"},
		{"a report that is cut", refs(none+"report-status") + "0000", refs("unpack ok\n") + refs("ok refs/heads/main\n"), "closed the connection"},
		{"a refusal that tells the secret", refs(none+"report-status") + "0000", refs("unpack ok\n") + refs("ng refs/heads/main "+canary+"\x1b]0;x\n") + "0000", "refused the push: [secret]]0;x"},
		{"a fatal error on the side", refs(none+"report-status side-band-64k") + "0000", refs("\x03"+base64.StdEncoding.EncodeToString([]byte("ada:"+canary))+"\n") + "0000", "says: [secret]"},
		{"a channel that is none", refs(none+"report-status side-band-64k") + "0000", refs("\x09x") + "0000", "does not answer as a Git server"},
		{"an endless report", refs(none+"report-status side-band-64k") + "0000", strings.Repeat(refs("\x02"+strings.Repeat("p", 60_000)), 300), "more than is taken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				if r.Method == http.MethodGet {
					w.Header().Set("Content-Type", "application/x-git-receive-pack-advertisement")
					_, _ = io.WriteString(w, c.advert)
					return
				}
				w.Header().Set("Content-Type", "application/x-git-receive-pack-result")
				_, _ = io.WriteString(w, c.result)
			}))
			t.Cleanup(s.Close)
			r := open(t, remote.Config{URL: s.URL + "/r", Username: "ada", PasswordFile: file(t, canary)})
			l := newLocal(t)
			ours := l.commit(t, zero, "x", "x")
			err := r.Push(t.Context(), zero, ours, l.pack(t, zero, ours))
			has(t, err, c.want)
			if errors.Is(err, remote.ErrUnsent) != (c.result == "") {
				t.Errorf("marked as unsent: %v", err)
			}
			if strings.ContainsRune(err.Error(), 0x1b) {
				t.Errorf("control characters of the server: %q", err)
			}
		})
	}
}

// What answers at once with something that is neither HTTP nor ssh.
func TestNotEvenTheProtocol(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, strings.Repeat("\x1b[31m220 mail "+canary+"\r\n", 500))
			c.Close()
		}
	}()
	key := filepath.Join(t.TempDir(), "key")
	public, err := remotetest.NewKey(key, "ed25519", "")
	if err != nil {
		t.Skip(err)
	}
	known := file(t, "* "+public)
	for _, scheme := range []string{"http", "https", "ssh"} {
		config := remote.Config{URL: scheme + "://" + l.Addr().String() + "/r"}
		if scheme == "ssh" {
			config.KeyFile, config.KnownHostsFile = key, known
		} else {
			config.Username, config.PasswordFile = "ada", file(t, canary)
		}
		_, err := open(t, config).Tip(t.Context())
		if err == nil {
			t.Fatalf("%s: no error", scheme)
		}
		if scheme != "ssh" {
			has(t, err)
		}
	}
}
