package journal

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/alertsmith/alertsmith/rules"
)

// cosenseServer stands in for Cosense, as its import is described: see sink_cosense.go.
type cosenseServer struct {
	*httptest.Server
	guest bool
	pages map[string][]string // title → lines; an import replaces a page

	imports []int // how many bytes each had
}

const cosenseSession = "s%3Acanary.session"

func startCosense(t *testing.T) *cosenseServer {
	t.Helper()
	c := &cosenseServer{pages: map[string][]string{}}
	signedIn := func(r *http.Request) bool {
		cookie, err := r.Cookie("connect.sid")
		return err == nil && cookie.Value == cosenseSession && !c.guest
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/users/me", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"isGuest": !signedIn(r), "csrfToken": "csrf"})
	})
	mux.HandleFunc("POST /api/page-data/import/ops-log.json", func(w http.ResponseWriter, r *http.Request) {
		if !signedIn(r) || r.Header.Get("X-CSRF-TOKEN") != "csrf" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		file, _, err := r.FormFile("import-file")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		content, err := io.ReadAll(file)
		if err != nil {
			t.Error(err)
		}
		c.imports = append(c.imports, len(content))
		var imported struct{ Pages []cosensePage }
		if err := json.Unmarshal(content, &imported); err != nil {
			t.Error(err)
		}
		for _, p := range imported.Pages {
			if len(p.Lines) == 0 || p.Lines[0] != p.Title {
				t.Errorf("the first line of %q is not its title", p.Title)
			}
			for _, line := range p.Lines {
				if strings.ContainsAny(line, "\r\n\x00") {
					t.Errorf("a line of %q is more than one: %q", p.Title, line)
				}
			}
			c.pages[p.Title] = p.Lines
		}
		io.WriteString(w, `{"message":"Import succeeded."}`)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// findIn answers from some entries, the newest of which is the last.
func findIn(entries []rules.JournalEntry) func(context.Context, rules.JournalQuery) (rules.JournalPage, error) {
	return func(_ context.Context, q rules.JournalQuery) (page rules.JournalPage, err error) {
		for _, e := range slices.Backward(entries) {
			if !q.Matches(e) {
				continue
			}
			if len(page.Entries) == q.Limit {
				page.More = true
				break
			}
			page.Entries = append(page.Entries, e)
		}
		return page, nil
	}
}

func (c *cosenseServer) sink(t *testing.T, entries []rules.JournalEntry) send {
	t.Helper()
	return openTo(t, SinkConfig{Kind: "cosense", URL: c.URL, Project: "ops-log", SessionFile: secretFile(t, "connect.sid="+cosenseSession+"\n")},
		SinkHost{Find: findIn(entries), Zone: time.FixedZone("JST", 9*3600)})
}

func TestCosense(t *testing.T) {
	t.Parallel()
	c := startCosense(t)
	first, second, asked := telling("add sshd-ban"), telling("delete sshd-ban"), telling("list")
	for i, told := range []*rules.Telling{&first, &second, &asked} {
		e := &told.Change.Entry
		e.Seq, e.Record.Request.Actor.Name, e.Record.Outcome.Refs[0].Name = int64(i+1), "aiko", "sshd-ban"
		e.Record.Outcome.Diff, e.Record.Outcome.Reason = "-old\n+new", ""
	}
	second.Change.Entry.Record.Request.Time = arrived.Add(24 * time.Hour)
	asked.Change.Entry.Record.Outcome = rules.Outcome{Result: rules.Success}
	to := c.sink(t, []rules.JournalEntry{first.Change.Entry, asked.Change.Entry, second.Change.Entry})
	if err := to(t.Context(), []rules.Telling{first, second}); err != nil {
		t.Fatal(err)
	}
	change := func(begin, command string) []string {
		return []string{begin + " by `aiko`: SUCCESS, PENDING, commit 0123456", " `" + command + "`", " why: `" + command + "`", " request `r1`", " code:0123456.diff", "  -old", "  +new"}
	}
	want := map[string][]string{
		"Alertsmith 2026-11-21": append([]string{"Alertsmith 2026-11-21", "[Alertsmith 2026-11-20] [Alertsmith 2026-11-22]", ""},
			change("12:00 `add` [Alertsmith sshd-ban]", "add sshd-ban")...),
		"Alertsmith 2026-11-22": append([]string{"Alertsmith 2026-11-22", "[Alertsmith 2026-11-21] [Alertsmith 2026-11-23]", ""},
			change("12:00 `add` [Alertsmith sshd-ban]", "delete sshd-ban")...),
		"Alertsmith sshd-ban": append(append([]string{"Alertsmith sshd-ban"},
			change("[Alertsmith 2026-11-22] 12:00 `add` [Alertsmith sshd-ban]", "delete sshd-ban")...),
			change("[Alertsmith 2026-11-21] 12:00 `add` [Alertsmith sshd-ban]", "add sshd-ban")...),
	}
	if diff := cmp.Diff(want, c.pages); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestCosensePagesAreBounded holds that no import is larger than a server takes, however much was changed.
func TestCosensePagesAreBounded(t *testing.T) {
	t.Parallel()
	c := startCosense(t)
	told := telling("import")
	out := &told.Change.Entry.Record.Outcome
	out.Diff, out.Refs = strings.Repeat("+"+strings.Repeat("long ", 5000)+"\n", maxCodeLines), nil
	for i := range maxRulePages {
		out.Refs = append(out.Refs, rules.Ref{Name: fmt.Sprintf("rule-%d", i)})
	}
	if err := c.sink(t, []rules.JournalEntry{told.Change.Entry})(t.Context(), []rules.Telling{told}); err != nil {
		t.Fatal(err)
	}
	if len(c.pages) != maxRulePages+1 || len(c.imports) < 2 || slices.Max(c.imports) > maxImportBytes+maxImportBytes/10 {
		t.Errorf("%d pages in imports of %d bytes", len(c.pages), c.imports)
	}
	for title, lines := range c.pages {
		if p := (cosensePage{title, lines}); p.size() > maxPageBytes+100 || lines[len(lines)-1] != "… the journal has more" {
			t.Errorf("%q has %d bytes and ends with %.50q", title, p.size(), lines[len(lines)-1])
		}
	}
}

func TestCosenseSessionThatEnded(t *testing.T) {
	t.Parallel()
	c := startCosense(t)
	c.guest = true
	told := telling("add x")
	err := c.sink(t, []rules.JournalEntry{told.Change.Entry})(t.Context(), []rules.Telling{told})
	if err == nil || !strings.Contains(err.Error(), "the session has ended") || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
}

// meant are the notations of Cosense that a line of ours uses: a link to a page of ours, and code. What is left of a line without them must have no
// other.
var (
	ourLink  = regexp.MustCompile(`\[Alertsmith [^\[\]]*\]`)
	codeSpan = regexp.MustCompile("`[^`]*`")
	notation = regexp.MustCompile("[\\[\\]`#]|://|^[>$%?] |^(code|table):")
)

// FuzzCosense holds that no text becomes a link elsewhere, a tag, an image, a code block or a page of its own.
func FuzzCosense(f *testing.F) {
	for _, text := range hostile {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		told := telling(text)
		p := cosensePages{find: findIn([]rules.JournalEntry{told.Change.Entry}), zone: time.UTC, prefix: defaultPrefix}
		var pages []cosensePage
		if err := p.each(t.Context(), []rules.Telling{told}, func(page cosensePage) error { pages = append(pages, page); return nil }); err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			inCode := false
			for _, line := range page.Lines[1:] {
				if strings.HasPrefix(line, "  ") && inCode {
					continue
				}
				if inCode = line == " code:0123456.diff"; inCode {
					continue
				}
				for _, link := range ourLink.FindAllString(line, -1) {
					if strings.Contains(link, "://") || strings.HasSuffix(link, ".icon]") {
						t.Errorf("%q leads elsewhere: %q", text, link)
					}
				}
				if left := ourLink.ReplaceAllString(codeSpan.ReplaceAllString(line, ""), ""); notation.MatchString(left) {
					t.Errorf("%q becomes more than text: %q", text, line)
				}
			}
		}
	})
}
