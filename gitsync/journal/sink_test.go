package journal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// hostile are texts from outside that try to be more than text: in a log, a header, a page, a message.
var hostile = []string{
	"x\r\nBcc: victim@example.org\r\n\r\nhello",
	"x\nERROR: the disk is full",
	"[x https://evil.example.org] [[bold]] #tag `code` [x.icon] [/other/page]",
	"<script>alert(1)</script> @channel **bold** ![](http://evil.example.org)",
	"\u202egnp.exe\x00\x1b[31m\u2028x",
	"code:evil.js\n alert(1)",
	"=cmd|' /C calc'!A0",
	".\r\nQUIT",
	"=?utf-8?q?x?=",
}

// telling returns what is told of a change of a rule, all of whose texts are the given one.
func telling(text string) rules.Telling {
	r := request("r1", "")
	r.Command, r.Actor.Name, r.Channel.Name = text, text, text
	record := finished(r, rules.Pending)
	record.Outcome.Diff, record.Outcome.Reason, record.Outcome.Why, record.Outcome.Refs[0].Name = text, text, text, text
	record.Outcome.Revision = "0123456789abcdef"
	return rules.Telling{ID: "j-7", Change: rules.JournalChange{Event: 7, Kind: rules.JournalEnded, Time: arrived, Entry: rules.JournalEntry{Seq: 3, Record: record}}}
}

func openTo(t testing.TB, c SinkConfig, host SinkHost) send {
	t.Helper()
	c.Name = "test"
	c.Check(func(key, format string, args ...any) { t.Errorf(key+": "+format, args...) })
	kind, known := c.kind()
	if !known {
		t.Fatalf("there is no kind %q", c.Kind)
	}
	if host.Zone == nil {
		host.Zone = time.UTC
	}
	to, err := kind.open(c, host)
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func secretFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSinkKinds(t *testing.T) {
	t.Parallel()
	if names := sinkKindNames(); !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("the kinds are not in order, or one is there twice: %q", names)
	}
	for _, kind := range sinkKinds {
		if kind.batch < 1 || !slices.Contains(allTells, kind.tells) || kind.check == nil || kind.open == nil {
			t.Errorf("%+v is not complete", kind)
		}
	}
}

func TestJSONL(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "journal.jsonl")
	to := openTo(t, SinkConfig{Kind: "jsonl", File: file}, SinkHost{})
	var want []rules.Telling
	for _, text := range hostile {
		want = append(want, telling(text))
	}
	if err := to(t.Context(), want[:2]); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"cut off by a cra`); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
	if err := to(t.Context(), want[2:]); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	lines = slices.Delete(lines, 2, 3) // what the crash has left
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), content)
	}
	for i, line := range lines {
		var got TellingObject
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got.ID != "j-7" || got.Command != hostile[i] || got.Remote != "" || got.State != "PENDING" {
			t.Errorf("%q came back as %+v", hostile[i], got)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: others may read it", info.Mode(), err)
	}
}

// TestNobodyReadsStandardOutput holds that a pipe that is full holds up nobody for longer than an attempt may take.
func TestNobodyReadsStandardOutput(t *testing.T) {
	t.Parallel()
	reader, writer := io.Pipe()
	to := openTo(t, SinkConfig{Kind: "jsonl"}, SinkHost{Stdout: writer})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := to(ctx, []rules.Telling{telling("a")}); err == nil {
		t.Error("it is said to be told")
	}
	var all bytes.Buffer
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = io.Copy(&all, reader) })
	if err := to(t.Context(), []rules.Telling{telling("b")}); err != nil {
		t.Error(err)
	}
	writer.Close()
	wg.Wait()
	if !strings.Contains(all.String(), `"command":"b"`) {
		t.Errorf("%s", all.String())
	}
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	key := "0123456789abcdef0123456789abcdef"
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	keys := secretFile(t, "# old\nolder-key-0123456789\n"+keyPrefix+base64.StdEncoding.EncodeToString([]byte(key))+"\n")
	to := openTo(t, SinkConfig{Kind: "webhook", URL: server.URL + "/hook?a=b", SecretFile: keys}, SinkHost{})
	for _, text := range hostile {
		if err := to(t.Context(), []rules.Telling{telling(text)}); err != nil {
			t.Fatal(err)
		}
		stamp := got.Header.Get(webhookTimestamp)
		want := sign([]byte("older-key-0123456789"), "j-7", stamp, body) + " " + sign([]byte(key), "j-7", stamp, body)
		if got.Header.Get(webhookID) != "j-7" || got.Header.Get(webhookSignature) != want || got.URL.RequestURI() != "/hook?a=b" {
			t.Errorf("%+v", got.Header)
		}
		var o TellingObject
		if err := json.Unmarshal(body, &o); err != nil || o.Command != text {
			t.Errorf("%q came as %s: %v", text, body, err)
		}
	}
}

const exampleSignature = "v1,41C4mdfM4X7k7EqLRBhc2OjUAQFwQVsqMUoL0CbTfxc="

// TestWebhookSignature holds the signature to an example that was made by other means: openssl dgst -sha256 -hmac.
func TestWebhookSignature(t *testing.T) {
	t.Parallel()
	if got := sign([]byte("0123456789abcdef"), "msg_1", "1700000000", []byte(`{"a":1}`)); got != exampleSignature {
		t.Errorf("%s, want %s", got, exampleSignature)
	}
}

// TestServersThatFail holds what is made of servers that do not take what they are told, and that no error tells a secret.
func TestServersThatFail(t *testing.T) {
	t.Parallel()
	var asked int
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	for name, tc := range map[string]struct {
		serve http.HandlerFunc
		want  string
		after time.Duration
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "canary", http.StatusInternalServerError) }, "it answered 500 Internal Server Error", 0},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, "it answered 307, a redirect, which is not followed", 0},
		"busy": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "it answered 429 Too Many Requests", 2 * time.Minute},
		"closes": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			c.Close()
		}, "EOF", 0},
		"does not take it": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, "it answered 400 Bad Request", 0},
		"hangs":            {func(_ http.ResponseWriter, r *http.Request) { io.ReadAll(r.Body); <-r.Context().Done() }, "there was no answer in time", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tc.serve)
			defer server.Close()
			to := openTo(t, SinkConfig{Kind: "webhook", URLFile: secretFile(t, server.URL+"/canary"), SecretFile: secretFile(t, "canary0123456789")}, SinkHost{})
			ctx := t.Context()
			if name == "hangs" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 100*time.Millisecond)
				defer cancel()
			}
			err := to(ctx, []rules.Telling{telling("x")})
			if err == nil || err.Error() != tc.want || strings.Contains(err.Error(), "canary") {
				t.Fatalf("%v, want %s", err, tc.want)
			}
			if l, ok := errors.AsType[*later](err); tc.after > 0 && (!ok || l.after != tc.after) {
				t.Errorf("it is asked again at once: %+v", l)
			}
		})
	}
	t.Cleanup(func() {
		elsewhere.Close()
		if asked > 0 {
			t.Error("a redirect was followed")
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "5": 5 * time.Second, "-5": 0, "9999999999": 24 * time.Hour, "soon": 0,
		"Sat, 21 Nov 2026 00:01:00 GMT": time.Minute, "Fri, 20 Nov 2026 00:00:00 GMT": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestMattermostIsNotToldTwice(t *testing.T) {
	t.Parallel()
	const channel = "nzgdcgr54id73fiogs1zc3yigr"
	var posts []string
	to := openTo(t, SinkConfig{Kind: "mattermost", Channel: channel}, SinkHost{Post: func(_ context.Context, channelID string, t rules.Telling) error {
		posts = append(posts, channelID+" "+t.Change.Entry.Record.Request.Command)
		return nil
	}})
	own := telling("told by its answer")
	own.Change.Entry.Record.Request.Channel.ID = channel
	asked := own
	asked.Rules = []string{"a rule"}
	if err := to(t.Context(), []rules.Telling{own, asked, telling("elsewhere")}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{channel + " told by its answer", channel + " elsewhere"}, posts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
