package bot

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-CANARY"
	for _, text := range []string{
		`add x password=` + secret,
		`add x PASSWORD = "` + secret + ` with spaces" for=5m`,
		`add x reason="the password: ` + secret + `"`,
		`add x reason='token=` + secret + `, see below'`,
		`add x api_key=` + secret + ` apikey=` + secret,
		`add x label.client_secret='` + secret + `'`,
		`add x reason="Authorization: Bearer ` + secret + `"`,
		`Authorization: Basic ` + secret,
		`curl -H 'X: bearer ` + secret + `'`,
		`runbook=https://user:` + secret + `@wiki.example/x`,
		`https://` + secret + `@wiki.example/x`,
		`{"password": "` + secret + `"}`,
		"add\n- alert: x\n  annotations:\n    secret: " + secret,
		`passwd＝` + secret,
		"-----BEGIN RSA PRIVATE KEY-----\n" + secret + "\n-----END RSA PRIVATE KEY-----",
		"-----BEGIN PRIVATE KEY-----\n" + secret,
	} {
		got := redact(text)
		if strings.Contains(got, secret) {
			t.Errorf("%q keeps its secret: %q", text, got)
		}
		if !strings.Contains(got, cutOut) {
			t.Errorf("%q does not show that something was cut out: %q", text, got)
		}
	}
	for _, text := range []string{
		"reason=ghp_abcdefghijklmnopqrstuvwxyz0123456789", "glpat-abcdefghijklmnop1234", "xoxb-1234567890-abcdefghij", "AKIAABCDEFGHIJKLMNOP",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk", "glsa_abcdefghijklmnop",
	} {
		if got := redact(text); got == text {
			t.Errorf("%q was not cut", text)
		}
	}
}

func TestRedactLeavesRulesAlone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`add sshd-ban job=amane_fail2ban_log "Ban" 5m`,
		`add login-fails {job="sshd"} "/Failed password for .* from/" 5m threshold=20`,
		`add x expr='rate(token_requests_total{job="api"}[5m]) > 3' runbook=https://wiki.example/x`,
		`delete token-expired`,
		`add x reason="too many wrong tokens"`,
	} {
		if got := redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}
