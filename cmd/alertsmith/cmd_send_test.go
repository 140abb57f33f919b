package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/google/go-cmp/cmp"
)

const testToken = "canary8hzjkq5yctdfuruxjdhi"

// sendTo runs `alertsmith send` against a server and returns what it printed and exited with.
func sendTo(t *testing.T, address string, words ...string) (stdout string, code int, err error) {
	t.Helper()
	tokenFile := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(tokenFile, []byte(testToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	args := append([]string{"send", "--url=" + address, "--token-file=" + tokenFile, "--user=alice", "--channel=ops", "--"}, words...)
	p := &process{getenv: func(string) string { return "" }, stdout: &out, stderr: &errOut}
	err = p.run(t.Context(), args)
	for _, said := range []string{out.String(), errOut.String(), fmt.Sprint(err)} {
		if strings.Contains(said, testToken) {
			t.Errorf("the token was told: %s", said)
		}
	}
	return out.String(), exitCode(err), err
}

func TestSendSpeaksAsMattermostDoes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got := map[string]string{
			"request": r.Method + " " + r.URL.Path, "authorization": r.Header.Get("Authorization"), "type": r.Header.Get("Content-Type"),
			"token": r.PostForm.Get("token"), "command": r.PostForm.Get("command"), "text": r.PostForm.Get("text"),
			"user_name": r.PostForm.Get("user_name"), "channel_name": r.PostForm.Get("channel_name"), "response_url": r.PostForm.Get("response_url"),
		}
		want := map[string]string{
			"request": "POST /mattermost/command", "authorization": "Token " + testToken, "type": "application/x-www-form-urlencoded",
			"token": testToken, "command": "/alert", "text": `add down expr="up == 0" for=1m`,
			"user_name": "alice", "channel_name": "ops", "response_url": "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("request (-want +got):\n%s", diff)
		}
		for _, id := range []string{"channel_id", "team_id", "user_id"} {
			if got := r.PostForm.Get(id); got == "" || rules.IsMattermostID(got) {
				t.Errorf("%s=%q could be mistaken for one of Mattermost's", id, got)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Alertsmith-Result", "SUCCESS")
		fmt.Fprint(w, `{"response_type":"in_channel","text":"**down** is live","skip_slack_parsing":true}`)
	}))
	defer server.Close()
	stdout, code, err := sendTo(t, server.URL+"/", "add", "down", "expr=up == 0", "for=1m")
	if stdout != "**down** is live\n" || code != exitOK {
		t.Errorf("printed %q, exit code %d, %v", stdout, code, err)
	}
}

func TestSendTellsWhatCameBack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		result string
		state  string
		body   string
		stdout string
		code   int
		err    string
	}{
		{"refused", 200, "VALIDATION_ERROR", "", `{"text":"no such rule"}`, "no such rule\n", exitFailed, ""},
		{"live", 200, "SUCCESS", "LIVE", `{"text":"live"}`, "live\n", exitOK, ""},
		{"pending", 200, "SUCCESS", "PENDING", `{"text":"not live yet"}`, "not live yet\n", exitOK, ""},
		{"undone, as the ruler refused it", 200, "SUCCESS", "REVERTED", `{"text":"undone"}`, "undone\n", exitFailed, ""},
		{"not kept", 200, "SUCCESS", "DISPLACED", `{"text":"not kept"}`, "not kept\n", exitFailed, ""},
		{"failed", 200, "FAILED", "", `{"text":"the disk is full"}`, "the disk is full\n", exitFailed, ""},
		{"another service's token", 401, "", "", "", "", exitUnusable, "does not know this command token"},
		{"not found", 404, "", "", "404 page not found", "", exitUnusable, "404 Not Found: 404 page not found"},
		{"redirect", 302, "", "", "", "", exitUnusable, "302 Found"},
		{"another program", 200, "", "", `{"text":"hello"}`, "", exitUnusable, "is another program listening there?"},
		{"no JSON", 200, "SUCCESS", "", "<html>", "", exitUnusable, "is another program listening there?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if tt.result != "" {
					w.Header().Set("X-Alertsmith-Result", tt.result)
				}
				if tt.state != "" {
					w.Header().Set("X-Alertsmith-State", tt.state)
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer server.Close()
			stdout, code, err := sendTo(t, server.URL, "list")
			if stdout != tt.stdout || code != tt.code || (tt.err == "") != (err == nil || err.Error() == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("printed %q, exit code %d, %v", stdout, code, err)
			}
		})
	}
}

func TestSendToNobody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, code, err := sendTo(t, server.URL, "list"); code != exitUnusable || !strings.Contains(err.Error(), "the service does not answer") {
		t.Errorf("exit code %d, %v", code, err)
	}
}
