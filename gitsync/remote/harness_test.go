package remote_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/gitsync/remotetest"
)

// canary is the password; no text that anybody reads may have it.
const canary = "CANARY-s3cret"

// host is a Git server for one bare repository.
type host struct {
	name   string
	dir    string
	config remote.Config
	proxy  *remotetest.Proxy // nil for a path
}

// eachHost runs f against an empty repository by each transport.
func eachHost(t *testing.T, f func(*testing.T, host)) {
	t.Helper()
	for _, h := range []struct {
		name  string
		start func(*testing.T) host
	}{{"http", httpHost}, {"ssh", sshHost}, {"path", pathHost}} {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			f(t, h.start(t))
		})
	}
}

// eachNetwork is eachHost without the path.
func eachNetwork(t *testing.T, f func(*testing.T, host)) {
	t.Helper()
	eachHost(t, func(t *testing.T, h host) {
		if h.proxy == nil {
			t.Skip("there is no network to a path")
		}
		f(t, h)
	})
}

func httpHost(t *testing.T) host {
	dir := remotetest.Bare(t)
	s := remotetest.HTTP(t, dir, "ada", canary)
	p := remotetest.NewProxy(t, s.Addr())
	return host{name: "http", dir: dir, proxy: p, config: remote.Config{
		URL: s.Through(p), Username: "ada", PasswordFile: file(t, canary+"\n"), Timeout: 20 * time.Second,
	}}
}

func sshHost(t *testing.T) host {
	dir := remotetest.Bare(t)
	s := remotetest.SSH(t, dir)
	p := remotetest.NewProxy(t, s.Addr())
	return host{name: "ssh", dir: dir, proxy: p, config: remote.Config{
		URL: s.Through(p), KeyFile: s.KeyFile, KnownHostsFile: s.KnownHosts, Timeout: 20 * time.Second,
	}}
}

func pathHost(t *testing.T) host {
	dir := remotetest.Bare(t)
	return host{name: "path", dir: dir, config: remote.Config{URL: dir, Timeout: 20 * time.Second}}
}

func (h host) open(t *testing.T) *remote.Remote {
	t.Helper()
	return open(t, h.config)
}

func open(t *testing.T, c remote.Config) *remote.Remote {
	t.Helper()
	r, err := remote.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (h host) tip(t *testing.T) plumbing.Hash {
	t.Helper()
	return plumbing.NewHash(remotetest.Tip(t, h.dir, "main"))
}

func file(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// local is a repository here that commits are made in.
type local struct{ dir string }

func newLocal(t *testing.T) local { return local{remotetest.Bare(t)} }

// commit makes a commit with one file more than its parent has.
func (l local) commit(t testing.TB, parent plumbing.Hash, name, content string) plumbing.Hash {
	t.Helper()
	var in strings.Builder
	fmt.Fprintf(&in, "commit refs/heads/scratch\ncommitter Ada <ada@example.org> 1700000000 +0000\ndata %d\n%s\n", len(name), name)
	if !parent.IsZero() {
		fmt.Fprintf(&in, "from %s\n", parent)
	}
	fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", name, len(content), content)
	git(t, l.dir, in.String(), "fast-import", "--quiet", "--force")
	return plumbing.NewHash(remotetest.Tip(t, l.dir, "scratch"))
}

// pack returns what writes the pack that next needs beyond old.
func (l local) pack(t testing.TB, old, next plumbing.Hash) func(io.Writer) error {
	t.Helper()
	revs := next.String() + "\n"
	if !old.IsZero() {
		revs += "^" + old.String() + "\n"
	}
	content := git(t, l.dir, revs, "pack-objects", "--revs", "--stdout", "--quiet")
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// store returns what takes a pack into the repository.
func (l local) store(t *testing.T, size *int64) func(io.Reader) error {
	t.Helper()
	return func(r io.Reader) error {
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		*size = int64(len(content))
		git(t, l.dir, string(content), "index-pack", "--stdin", "--strict")
		return nil
	}
}

// git runs the git command line with an input, and returns its output alone.
func git(t testing.TB, dir, input string, args ...string) []byte {
	t.Helper()
	remotetest.Need(t, "git", "git")
	cmd := exec.CommandContext(t.Context(), "git", args...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stderr = dir, remotetest.Environment(), strings.NewReader(input), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

// has fails the test unless err's text has every one of the words, and none of the secret.
func has(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error does not say %q:\n%v", w, err)
		}
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("the error has the secret:\n%v", err)
	}
}

var zero plumbing.Hash
