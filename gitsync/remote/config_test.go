package remote_test

import (
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
	"github.com/alertsmith/alertsmith/rules"
)

func TestNew(t *testing.T) {
	t.Parallel()
	known := file(t, "")
	for _, c := range []struct{ url, want string }{
		{"ssh://git@example.org:2222/ops/r.git", "ssh://git@example.org:2222/ops/r.git"},
		{"ssh://example.org/r", "ssh://git@example.org/r"},
		{"ssh://git@[::1]:22/a%20b", "ssh://git@[::1]:22/a%20b"},
		{"ssh://git@example.org/~ada/r", "git@example.org:~ada/r"},
		{"ssh://git@example.org:23/~ada/r", "ssh://git@example.org:23/~ada/r"},
		{"git@example.org:ops/r.git", "git@example.org:ops/r.git"},
		{"git@[::1]:ops/r.git", "git@[::1]:ops/r.git"},
		{"example.org:/srv/r.git", "ssh://git@example.org/srv/r.git"},
		{"https://example.org/ops/r.git/", "https://example.org/ops/r.git"},
		{"HTTPS://example.org:8443/r", "https://example.org:8443/r"},
		{"http://127.0.0.1:3000/r", "http://127.0.0.1:3000/r"},
		{"http://localhost/r", "http://localhost/r"},
		{"http://[::1]:1/r", "http://[::1]:1/r"},
		{"/srv/r.git", "/srv/r.git"},
		{"/srv/a:b@c", "/srv/a:b@c"},
		{"file:///srv/a%20b", "/srv/a b"},
		{"file://localhost/srv/r", "/srv/r"},
	} {
		r, err := remote.New(remote.Config{URL: c.url, KnownHostsFile: known, KeyFile: known})
		if err != nil {
			t.Errorf("%q: %v", c.url, err)
		} else if r.String() != c.want {
			t.Errorf("%q is shown as %q, not %q", c.url, r, c.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, url, want string }{
		{"nothing", "", "is empty"},
		{"a password", "https://ada:" + canary + "@example.org/r", "git.password_file"},
		{"an empty password", "https://ada:@example.org/r", "git.password_file"},
		{"a token as user", "https://" + canary + "@example.org/r", "git.username"},
		{"a token in the query", "https://example.org/r?private_token=" + canary, "git.password_file"},
		{"a fragment", "https://example.org/r#" + canary, "after ? or #"},
		{"a password for ssh", "ssh://git:" + canary + "@example.org/r", "git.ssh_key_file"},
		{"a password in the short form", "git:" + canary + "@example.org:r", "password"},
		{"a URL that cannot be read", "https://ada:" + canary + "%zz@example.org/r", "is not a URL"},
		{"a bad port", "https://ada:" + canary + "@example.org:port/r", "is not a URL"},
		{"a line's end", "https://example.org/r\n" + canary, "control characters"},
		{"an encoded line's end", "ssh://git@example.org/r%0a" + canary, "control characters"},
		{"plain http", "http://example.org/r", "https://"},
		{"another protocol", "git://example.org/r", "none of"},
		{"a remote helper", "ext::sh -c " + canary, "remote helpers"},
		{"a host that is an option", "ssh://-oProxyCommand=x/r", "host is not"},
		{"a host that is an option in the short form", "git@-oProxyCommand=x:r", "host is not"},
		{"a user that is an option", "ssh://-x@example.org/r", "user name"},
		{"a path that is an option", "git@example.org:-x", "begins with -"},
		{"a path that is an option of a URL", "ssh://git@example.org/%2d", ""},
		{"no path for ssh", "ssh://git@example.org/", "names no repository"},
		{"no path for https", "https://example.org", "names no repository"},
		{"no host", "ssh:///r", "host is not"},
		{"a host with a space", "git@exa mple.org:r", "host is not"},
		{"a file of another host", "file://example.org/r", "takes no host"},
		{"a file with a NUL", "/srv/\x00r", "control characters"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			known := file(t, "")
			_, err := remote.New(remote.Config{URL: c.url, KnownHostsFile: known, KeyFile: known})
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			has(t, err, c.want)
			if rules.KindOf(err) != rules.Unavailable {
				t.Errorf("kind %q", rules.KindOf(err))
			}
		})
	}
	for _, c := range []struct {
		name   string
		config remote.Config
		want   string
	}{
		{"no known hosts", remote.Config{URL: "ssh://git@example.org:77/r", KeyFile: "key"}, "ssh-keyscan -p 77 example.org"},
		{"no key", remote.Config{URL: "ssh://git@example.org/r", KnownHostsFile: "known"}, "git.ssh_agent"},
		{"a password without a user", remote.Config{URL: "https://example.org/r", PasswordFile: "p"}, "git.username"},
		{"a branch that is none", remote.Config{URL: "/srv/r", Branch: "a b"}, "git.branch"},
		{"a branch that looks like an option", remote.Config{URL: "/srv/r", Branch: "-x"}, "git.branch"},
		{"a branch out of its place", remote.Config{URL: "/srv/r", Branch: "../x"}, "git.branch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := remote.New(c.config)
			has(t, err, c.want)
		})
	}
}

// FuzzNew looks for addresses that show a secret, or that reach a server as an option.
func FuzzNew(f *testing.F) {
	for _, s := range []string{
		"ssh://git@example.org:22/r", "git@[::1]:r", "https://example.org/r", "http://localhost/r", "/srv/r", "file:///r", "a:b@c:d", "ext::x",
		"https://:" + canary + "@h/r", canary + ":" + canary + "@h:r", "ssh://u:" + canary + "@h/r",
	} {
		f.Add(s)
	}
	known := f.TempDir()
	f.Fuzz(func(t *testing.T, s string) {
		r, err := remote.New(remote.Config{URL: s, KnownHostsFile: known, KeyFile: known})
		if err != nil {
			if strings.Contains(s, canary) && strings.Contains(err.Error(), canary) {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		again, err := remote.New(remote.Config{URL: r.String(), KnownHostsFile: known, KeyFile: known})
		if err != nil || again.String() != r.String() {
			t.Errorf("%q is shown as %q, which is read as %v, %v", s, r, again, err)
		}
		for _, bad := range []string{":" + canary + "@", "/-oProxy", "@-", "//-"} {
			if !strings.HasPrefix(r.String(), "/") && strings.Contains(r.String(), bad) && !strings.Contains(s, "/-") {
				t.Errorf("%q is shown as %q", s, r)
			}
		}
	})
}
