package remote_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/gitsync/remote"
)

// throughProxy is set in the environment of a TestThroughProxy that says what it reads when it asks a Git server through HTTPS_PROXY, which
// net/http reads once for each process.
const throughProxy = "ALERTSMITH_TEST_THROUGH_PROXY"

// TestThroughProxy holds that a proxy that does not lead to the Git server is named, without its password.
func TestThroughProxy(t *testing.T) {
	t.Parallel()
	if os.Getenv(throughProxy) != "" {
		r, err := remote.New(remote.Config{URL: "https://git.example.org/r.git"})
		if err == nil {
			_, err = r.Tip(t.Context())
		}
		t.Logf("error: %v", err)
		return
	}
	answers := func(status int) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(s.Close)
		return strings.TrimPrefix(s.URL, "http://")
	}
	for name, tc := range map[string]struct{ proxy, want string }{
		"nobody there":                {"127.0.0.1:1", "cannot be connected to: is it running"},
		"it forbids":                  {answers(http.StatusForbidden), "does not let us through: HTTP 403 Forbidden"},
		"it wants to know who we are": {answers(http.StatusProxyAuthRequired), "does not let us through: HTTP 407 Proxy Authentication Required"},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestThroughProxy$", "-test.v")
		cmd.Env = append(os.Environ(), throughProxy+"=1", "HTTPS_PROXY=http://ada:"+canary+"@"+tc.proxy, "NO_PROXY=", "https_proxy=", "no_proxy=")
		out, err := cmd.CombinedOutput()
		said := string(out)
		want := "the Git server https://git.example.org/r.git is reached through the proxy http://" + tc.proxy + ", as HTTPS_PROXY says, and that " + tc.want
		if err != nil || !strings.Contains(said, want) || strings.Contains(said, canary) {
			t.Errorf("%s: %v\n%swant %q", name, err, said, want)
		}
	}
}
