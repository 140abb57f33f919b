package journal

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// TestSinksLinkTheEntry holds that lines, webhooks and pages lead to the entry where it is known how people reach it, and to nowhere else.
func TestSinksLinkTheEntry(t *testing.T) {
	t.Parallel()
	told := telling("add sshd-ban")
	all := []rules.Telling{told}
	for address, want := range map[string]string{
		"https://alerts.example.org": "https://alerts.example.org/entry/" + told.Change.Entry.Record.Request.ID,
		"":                           "",
	} {
		linked := func(kind string, sent []byte) {
			t.Helper()
			var o TellingObject
			if err := json.Unmarshal(sent, &o); err != nil || o.Link != want {
				t.Errorf("%s links to %q, want %q: %v", kind, o.Link, want, err)
			}
		}
		var body []byte
		var out bytes.Buffer
		if err := openTo(t, SinkConfig{Kind: "jsonl"}, SinkHost{Stdout: &out, Pages: address})(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		linked("jsonl", out.Bytes())

		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }))
		hook := SinkConfig{Kind: "webhook", URL: server.URL, SecretFile: secretFile(t, "older-key-0123456789\n")}
		if err := openTo(t, hook, SinkHost{Pages: address})(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		server.Close()
		linked("webhook", body)

		c := startCosense(t)
		project := SinkConfig{Kind: "cosense", URL: c.URL, Project: "ops-log", SessionFile: secretFile(t, "connect.sid="+cosenseSession+"\n")}
		host := SinkHost{Find: findIn([]rules.JournalEntry{told.Change.Entry}), Zone: time.UTC, Pages: address}
		if err := openTo(t, project, host)(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		for title, page := range c.pages {
			request := " request `" + told.Change.Entry.Record.Request.ID + "`"
			if want != "" {
				request += " [entry " + want + "]"
			}
			if !slices.Contains(page, request) {
				t.Errorf("the page %q has no line %q:\n%s", title, request, strings.Join(page, "\n"))
			}
		}
	}
}
