package web

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

var now = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

// shelf is a journal in memory.
type shelf struct {
	mu      sync.Mutex
	entries []rules.JournalEntry
}

func (s *shelf) put(r rules.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = append(s.entries, rules.JournalEntry{Seq: int64(len(s.entries) + 1), Record: r})
}

func (s *shelf) find(_ context.Context, q rules.JournalQuery) (p rules.JournalPage, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.entries) {
		if q.Matches(e) {
			if p.More = len(p.Entries) == q.Limit; p.More {
				return p, nil
			}
			p.Entries = append(p.Entries, e)
		}
	}
	return p, nil
}

func (s *shelf) changes(_ context.Context, behind int64, most int) (changes []rules.JournalChange, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.entries {
		if e.Seq > behind && len(changes) < most {
			changes = append(changes, rules.JournalChange{Event: e.Seq, Kind: "finished", Entry: e})
		}
	}
	return changes, nil
}

func record(i int) rules.Record {
	return rules.Record{
		Request: rules.Request{ID: fmt.Sprint("r", i), Time: now.Add(-time.Duration(100-i) * time.Minute), Actor: rules.Person{ID: "u", Name: []string{"aiko", "bob"}[i%2]},
			Command: fmt.Sprintf("=add rule%d 障害\r\nid: 9\n\n", i)},
		Action: "add", Done: now, Outcome: rules.Outcome{Result: rules.Success},
	}
}

func serve(t *testing.T) (*shelf, *httptest.Server, chan struct{}) {
	t.Helper()
	s, ending := &shelf{}, make(chan struct{})
	for i := range 7 {
		s.put(record(i))
	}
	api := &API{
		Find: s.find, Changes: s.changes, Head: func(context.Context) (int64, error) { return 7, nil }, Now: func() time.Time { return now },
		Zone: time.UTC, Actions: map[string]string{"add": "add"}, Logger: slog.New(slog.DiscardHandler), Ending: ending,
		Allowed: func(r *http.Request) bool { return r.Header.Get("Authorization") == "Token secret" },
	}
	server := httptest.NewServer(api.Handler())
	t.Cleanup(server.Close)
	return s, server, ending
}

func get(t *testing.T, server *httptest.Server, path string, headers ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Token secret")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPagesByCursor(t *testing.T) {
	t.Parallel()
	_, server, _ := serve(t)
	var seen []int64
	next := ""
	for {
		var p page
		if err := json.Unmarshal([]byte(body(t, get(t, server, "/api/v1/journal?by=@aiko&limit=3"+next))), &p); err != nil {
			t.Fatal(err)
		}
		for _, e := range p.Entries {
			seen = append(seen, e.Seq)
		}
		if p.Next == "" {
			break
		}
		next = "&cursor=" + p.Next
	}
	if diff := cmp.Diff([]int64{7, 5, 3, 1}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	_, server, _ := serve(t)
	for name, tc := range map[string]struct {
		path, accept string
		status       int
		has          string
	}{
		"words":                 {"/api/v1/journal?q=障害&q=rule3", "", 200, `"seq":4`},
		"nothing":               {"/api/v1/journal?q=nowhere", "", 200, `{"entries":[]}`},
		"CSV by header":         {"/api/v1/journal?limit=1", "text/csv", 200, "'=add rule6"},
		"CSV":                   {"/api/v1/journal?limit=1&format=csv", "", 200, "seq,time,result"},
		"another format":        {"/api/v1/journal?format=xml", "", 400, "json or csv"},
		"a key misspelled":      {"/api/v1/journal?rueler=x", "", 400, "Did you mean ruler="},
		"no key at all":         {"/api/v1/journal?zzzzzzzz=x", "", 400, "q="},
		"a value":               {"/api/v1/journal?action=ad", "", 400, `"fixes":["add"]`},
		"a limit too large":     {"/api/v1/journal?limit=100000", "", 400, "1000"},
		"no cursor":             {"/api/v1/journal?cursor=x", "", 400, "next"},
		"malformed":             {"/api/v1/journal?result=failed;denied", "", 400, "malformed"},
		"half a character":      {"/api/v1/journal?by=%zz", "", 400, "malformed"},
		"a stream, malformed":   {"/api/v1/journal/stream?by=%zz", "", 400, "malformed"},
		"two persons":           {"/api/v1/journal?by=a&by=b", "", 400, "by= is given twice"},
		"two limits":            {"/api/v1/journal?limit=1&limit=2", "", 400, "limit= is given twice"},
		"two formats":           {"/api/v1/journal?format=csv&format=json", "", 400, "format= is given twice"},
		"a day":                 {"/api/v1/journal?at=2026-11-22&by=bob", "", 200, `"seq":2`},
		"an event that is none": {"/api/v1/journal/stream", "last-event", 400, "leave it out"},
		"another path":          {"/api/v1/else", "", 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := get(t, server, tc.path, "Accept", tc.accept, "Last-Event-ID", tc.accept)
			if text := body(t, r); r.StatusCode != tc.status || !strings.Contains(text, tc.has) {
				t.Errorf("%d %s; want %d with %q", r.StatusCode, text, tc.status, tc.has)
			}
		})
	}
	t.Run("CSV comes back", func(t *testing.T) {
		t.Parallel()
		rows, err := csv.NewReader(get(t, server, "/api/v1/journal?format=csv").Body).ReadAll()
		if err != nil || len(rows) != 8 {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	})
	t.Run("without a token", func(t *testing.T) {
		t.Parallel()
		for _, path := range []string{"/api/v1/journal", "/api/v1/journal/stream", "/api/v1/else"} {
			if r := get(t, server, path, "Authorization", "Token guess"); r.StatusCode != http.StatusUnauthorized || strings.Contains(body(t, r), "aiko") {
				t.Errorf("%s: %d", path, r.StatusCode)
			}
		}
	})
	t.Run("what the client has", func(t *testing.T) {
		t.Parallel()
		tag := get(t, server, "/api/v1/journal?since=1d").Header.Get("ETag")
		if r := get(t, server, "/api/v1/journal?since=1d", "If-None-Match", `"x", W/`+tag); r.StatusCode != http.StatusNotModified || body(t, r) != "" {
			t.Errorf("%d for the ETag %s", r.StatusCode, tag)
		}
		if r := get(t, server, "/api/v1/journal?by=bob", "If-None-Match", tag); r.StatusCode != http.StatusOK {
			t.Errorf("%d for another answer's ETag", r.StatusCode)
		}
	})
}

// TestStream holds that a stream gives what comes, goes on where it broke off, and that no text makes an event.
func TestStream(t *testing.T) {
	t.Parallel()
	s, server, ending := serve(t)
	read := func(r *http.Response, n int) (lines []string) {
		t.Helper()
		scanner := bufio.NewScanner(r.Body)
		for len(lines) < n && scanner.Scan() {
			if line := scanner.Text(); line != "" && line[0] != ':' {
				name, rest, _ := strings.Cut(line, ": ")
				if name == "data" {
					var o rules.JournalObject
					if err := json.Unmarshal([]byte(rest), &o); err != nil {
						t.Fatal(err)
					}
					rest = fmt.Sprint(o.Seq)
				}
				lines = append(lines, name+" "+rest)
			}
		}
		return lines
	}
	again := get(t, server, "/api/v1/journal?by=bob", "Accept", "text/event-stream", "Last-Event-ID", "3")
	if diff := cmp.Diff([]string{"id 4", "event finished", "data 4", "id 6", "event finished", "data 6"}, read(again, 6)); diff != "" {
		t.Errorf("behind an event (-want +got):\n%s", diff)
	}
	fresh := get(t, server, "/api/v1/journal/stream")
	s.put(record(7))
	if diff := cmp.Diff([]string{"id 8", "event finished", "data 8"}, read(fresh, 3)); diff != "" {
		t.Errorf("from now on (-want +got):\n%s", diff)
	}
	for range maxStreams - 2 {
		if r := get(t, server, "/api/v1/journal/stream"); r.StatusCode != http.StatusOK {
			t.Fatalf("%d", r.StatusCode)
		}
	}
	if r := get(t, server, "/api/v1/journal/stream"); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") != "60" || !strings.Contains(body(t, r), "64 streams") {
		t.Errorf("one stream too many: %d", r.StatusCode)
	}
	close(ending)
	if rest := body(t, fresh); strings.Contains(rest, "data") {
		t.Errorf("after its end: %s", rest)
	}
}
