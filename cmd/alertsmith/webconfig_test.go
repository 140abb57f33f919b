package main

import (
	"crypto/x509"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

const opsPassword = "canary-password-of-ops"

// TestTLSAndBasicAuth runs the real service with TLS and users: people need a password for everything that they look at. Mattermost and a Git server, which
// have none, are let in by their own secrets, and by nothing else.
func TestTLSAndBasicAuth(t *testing.T) {
	t.Parallel()
	m := startMattermost(t)
	s, write := chatSystem(t, m)
	remote := filepath.Join(s.dir, "remote.git")
	if output, err := exec.Command("git", "init", "--bare", "--initial-branch=main", remote).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	write("hook", newSecret+"\n")
	write("alertsmith.yml", configuration(m, "http://127.0.0.1:1", userID)+"git:\n  remote: "+remote+"\n  webhook_secret_files: [hook]\n")
	s.secured(write)
	s.launch()

	ask := func(method, path, user, password, body string, header http.Header) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if header != nil {
			r.Header = header
		}
		if user != "" {
			r.SetBasicAuth(user, password)
		}
		response, err := s.client.Do(r)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		if err != nil {
			t.Error(err)
		}
		return response.StatusCode, string(content)
	}
	await(t, "it is ready", func() bool {
		status, _ := ask("GET", "/-/ready", "ops", opsPassword, "", nil)
		return status == http.StatusOK
	})

	for _, path := range []string{"/", "/rules", "/api/v1/journal", "/metrics", "/-/ready", "/-/reload", "/sign-in", "/console", "/nothing", "/mattermost", "/mattermost/command/",
		"/mattermost%2Fcommand", "/./mattermost/command/..", "/git/webhook/"} {
		for who, password := range map[string]string{"": "", "ops": "wrong", "nobody": opsPassword} {
			if status, body := ask("GET", path, who, password, "", nil); status != http.StatusUnauthorized {
				t.Errorf("GET %s as %q with %q: %d %s", path, who, password, status, body)
			}
		}
	}
	for _, path := range []string{"/", "/rules", "/api/v1/journal", "/metrics"} {
		if status, body := ask("GET", path, "ops", opsPassword, "", nil); status != http.StatusOK {
			t.Errorf("GET %s: %d %s", path, status, body)
		}
	}

	form := func(token string) url.Values {
		f := m.form(firstTrigger, "list")
		f.Set("token", token)
		return f
	}
	formHeader := func(token string) http.Header {
		return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Token " + token}}
	}
	if status, body := ask("POST", "/mattermost/command", "", "", form(mattermostToken).Encode(), formHeader(mattermostToken)); status != http.StatusOK || !strings.Contains(body, "response_type") {
		t.Errorf("a command of Mattermost's: %d %s", status, body)
	}
	if status, body := ask("POST", "/mattermost/command", "", "", form("wrong").Encode(), formHeader("wrong")); status != http.StatusUnauthorized {
		t.Errorf("a command with a wrong token: %d %s", status, body)
	}
	if status, body := ask("POST", "/mattermost/command", "ops", opsPassword, form("").Encode(), http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}); status != http.StatusUnauthorized {
		t.Errorf("a command with a user and a password, and without a token: %d %s", status, body)
	}

	signed := http.Header{"X-Github-Event": {"push"}, "X-Hub-Signature-256": {"sha256=" + signatureOf(newSecret, payload)}}
	if status, body := ask("POST", "/git/webhook", "", "", payload, signed); status != http.StatusAccepted {
		t.Errorf("a signed hook: %d %s", status, body)
	}
	if status, body := ask("POST", "/git/webhook", "ops", opsPassword, payload, nil); status != http.StatusUnauthorized {
		t.Errorf("a hook that is not signed: %d %s", status, body)
	}
	s.url = strings.Replace(s.url, "//", "//ops:"+opsPassword+"@", 1) // for the metrics
	s.assertNoSecret(mattermostToken, botToken, newSecret, opsPassword)
	s.stop()
}

// secured gives a service that is not started yet TLS and the user ops.
func (s *system) secured(write func(name, content string)) {
	s.t.Helper()
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // which has a certificate for this machine
	s.t.Cleanup(certified.Close)
	own := certified.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		s.t.Fatal(err)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(opsPassword), bcrypt.MinCost)
	if err != nil {
		s.t.Fatal(err)
	}
	write("cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})))
	write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	write("web.yml", "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {ops: '"+string(hash)+"'}\n")
	s.args = append(s.args, "--web.config.file=web.yml")
	s.url = strings.Replace(s.url, "http:", "https:", 1)
	s.client = certified.Client()
}
