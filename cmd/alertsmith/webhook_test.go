package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/bot"
)

const (
	oldSecret = "the-old-webhook-secret"
	newSecret = "the-new-webhook-secret"
	payload   = `{"ref":"refs/heads/main"}`
)

func signatureOf(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		headers map[string]string
		body    string
		status  int
		kicks   int
	}{
		{"GitLab", map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": newSecret}, payload, 202, 1},
		{"GitLab, the secret of before", map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": oldSecret}, payload, 202, 1},
		{"Gitea", map[string]string{"X-Gitea-Event": "push", "X-Gitea-Signature": signatureOf(newSecret, payload)}, payload, 202, 1},
		{"GitHub", map[string]string{"X-Github-Event": "push", "X-Hub-Signature-256": "sha256=" + signatureOf(oldSecret, payload)}, payload, 202, 1},
		{"GitHub's ping", map[string]string{"X-Github-Event": "ping", "X-Hub-Signature-256": "sha256=" + signatureOf(oldSecret, payload)}, payload, 200, 0},
		{"a tag of GitLab's", map[string]string{"X-Gitlab-Event": "Tag Push Hook", "X-Gitlab-Token": newSecret}, payload, 200, 0},
		{"no secret", map[string]string{"X-Gitlab-Event": "Push Hook"}, payload, 401, 0},
		{"nothing at all", nil, "", 401, 0},
		{"wrong secret", map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": newSecret + "x"}, payload, 401, 0},
		{"another body than was signed", map[string]string{"X-Gitea-Event": "push", "X-Gitea-Signature": signatureOf(newSecret, payload)}, payload + " ", 401, 0},
		{"signed with another secret", map[string]string{"X-Github-Event": "push", "X-Hub-Signature-256": "sha256=" + signatureOf("x", payload)}, payload, 401, 0},
		{"signature cut", map[string]string{"X-Github-Event": "push", "X-Hub-Signature-256": "sha256=" + signatureOf(newSecret, payload)[:62]}, payload, 401, 0},
		{"no hexadecimal digits", map[string]string{"X-Github-Event": "push", "X-Hub-Signature-256": "sha256=zz"}, payload, 401, 0},
		{"the secret as a signature", map[string]string{"X-Gitea-Event": "push", "X-Gitea-Signature": newSecret}, payload, 401, 0},
		{"too large", map[string]string{"X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": newSecret}, strings.Repeat(" ", maxWebhook+1), 413, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			kicks := 0
			var log strings.Builder
			hook := &webhook{kick: func() { kicks++ }, refusals: bot.NewRefusalLog(slog.New(slog.NewTextHandler(&log, nil)))}
			secrets := []string{oldSecret, newSecret}
			hook.secrets.Store(&secrets)
			request := httptest.NewRequest(http.MethodPost, "/git/webhook", strings.NewReader(tt.body))
			for name, value := range tt.headers {
				request.Header.Set(name, value)
			}
			recorder := httptest.NewRecorder()
			hook.ServeHTTP(recorder, request)
			if recorder.Code != tt.status || kicks != tt.kicks {
				t.Errorf("answered %d %s with %d kicks, want %d with %d", recorder.Code, recorder.Body, kicks, tt.status, tt.kicks)
			}
			if said := log.String() + recorder.Body.String(); strings.Contains(said, oldSecret) || strings.Contains(said, newSecret) {
				t.Errorf("a secret was told: %s", said)
			}
		})
	}
}
