package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// site is the pages over a rulebook of three commits and a journal in memory.
type site struct {
	t        *testing.T
	pages    *Pages
	shelf    *shelf
	server   *httptest.Server
	client   *http.Client // with the cookies of one browser
	now      time.Time
	books    map[string]*rules.Book // revision → the rulebook
	versions []rules.Version        // the newest first
	status   rules.Status
	admits   bool
	basic    string
	noted    []string // who signed in
	typed    []rules.Request
	console  bool
	late     time.Duration // how long after its date each commit came in
}

var infos = []rules.RulerInfo{{Name: "prometheus", Dialect: expr.PromQL, Dir: "prometheus"}}

// revisionOf returns the hash of the nth commit.
func revisionOf(n int) string { return strings.Repeat(fmt.Sprint(n), 40) }

// newSite returns a site whose rule, people, reasons and commands are called as said.
func newSite(t *testing.T, name string) *site {
	t.Helper()
	s := &site{t: t, shelf: &shelf{}, now: now, admits: true, console: true, books: map[string]*rules.Book{"": rules.NewBook(infos)}}
	source := func(wait, summary string) []byte {
		return fmt.Appendf(nil, "groups:\n- name: g\n  rules:\n  - alert: %q\n    expr: up == 0\n    for: %s\n    annotations: {summary: %q}\n", name, wait, summary)
	}
	const path = "ops/g.yaml"
	ref := rules.Ref{Ruler: "prometheus", Path: path, Group: "g", Name: name, Nth: 1}
	before := s.books[""]
	for i, wait := range []string{"1m", "2m", "3m"} {
		revision := revisionOf(i + 1)
		after := before.With(map[string][]byte{"prometheus/" + path: source(wait, name)})
		kind := rules.RuleChanged
		if i == 0 {
			kind = rules.RuleAdded
		}
		commit := rules.PastCommit{
			Found: rules.Found{Revision: revision, Parent: strings.TrimLeft(revisionOf(i), "0"), Subject: name,
				Trailers: []rules.Trailer{{Key: "Request-Id", Value: fmt.Sprint("r", i)}}},
			Author: rules.Person{Name: name}, When: now.Add(time.Duration(i-10) * time.Hour), Body: name + "\n\nReason: " + name,
		}
		s.books[revision] = after
		s.versions = append([]rules.Version{{Commit: commit, Action: "edit", Kind: kind, Ref: ref}}, s.versions...)
		s.shelf.put(rules.Record{
			Request: rules.Request{ID: fmt.Sprint("r", i), Time: commit.When, Actor: rules.Person{ID: "u-" + name, Name: name}, Entry: "chat", Remote: name, Client: name,
				Team: rules.Place{ID: "t", Name: name}, Channel: rules.Place{ID: "c", Name: name}, Host: name, Version: name, Zone: name, Command: "edit " + name},
			Action: "edit", Done: now, Reply: "**" + name + "**\n```diff\n" + name + "\n```",
			Outcome: rules.Outcome{Result: rules.Success, State: rules.Live, Refs: []rules.Ref{ref}, Reason: name, Revision: revision, Ruler: "prometheus",
				Diff:   rules.Difference("a/"+name, "- "+name+"\n", "b/"+name, "+ "+name+"\n"),
				Fields: []rules.FieldChange{{Rule: name, Field: name, Was: name, Is: name}}, Err: &rules.Error{Kind: rules.Invalid, Text: name}},
		})
		before = after
	}
	s.status = rules.Status{Rulers: []rules.RulerStatus{{Info: infos[0], Rules: 1, Running: 1, LastSeen: now}}}
	s.pages = New(Options{
		Find: s.shelf.find,
		Terms: func(text string) (terms []rules.JournalTerm, _ error) {
			for word := range strings.FieldsSeq(text) {
				key, value, found := strings.Cut(word, "=")
				if !found {
					key, value = "", word
				}
				terms = append(terms, rules.JournalTerm{Key: key, Value: value})
			}
			return terms, nil
		},
		Versions: func(_ context.Context, q rules.HistoryQuery) ([]rules.Version, error) {
			found := slices.DeleteFunc(slices.Clone(s.versions), func(v rules.Version) bool {
				return q.Rule != nil && *q.Rule != v.Ref || q.Name != "" && q.Name != v.Ref.Name || q.Revision != "" && q.Revision != v.Commit.Revision ||
					q.UpTo != "" && q.UpTo < v.Commit.Revision
			})
			found = found[min(q.Offset, len(found)):]
			return found[:min(q.Limit, len(found))], nil
		},
		Changes: func(_ context.Context, q rules.HistoryQuery) (changes []rules.PastChange, _ error) {
			for _, v := range s.versions[:min(q.Limit, len(s.versions))] {
				changes = append(changes, rules.PastChange{Commit: v.Commit})
			}
			return changes, nil
		},
		Commit: func(_ context.Context, prefix string) (rules.PastCommit, error) {
			for _, v := range s.versions {
				if strings.HasPrefix(v.Commit.Revision, prefix) {
					return v.Commit, nil
				}
			}
			return rules.PastCommit{}, &rules.Error{Kind: rules.NotFound, Text: "The rulebook has no commit " + prefix}
		},
		StateAt: func(_ context.Context, at time.Time) (rules.StateAt, error) {
			for _, v := range s.versions {
				if !v.Commit.When.After(at) {
					return rules.StateAt{Revision: v.Commit.Revision, Date: v.Commit.When, Since: v.Commit.When.Add(s.late), Came: s.late > 0}, nil
				}
			}
			return rules.StateAt{}, nil
		},
		Book:      func(context.Context) (*rules.Book, error) { return s.books[revisionOf(3)], nil },
		BookAt:    func(_ context.Context, revision string) (*rules.Book, error) { return s.books[revision], nil },
		Status:    func(context.Context) rules.Status { return s.status },
		Admits:    func(rules.Request) bool { return s.admits },
		BasicUser: func(*http.Request) string { return s.basic },
		SignedIn:  func(_ context.Context, r rules.Request) { s.noted = append(s.noted, r.Actor.Name) },
		Secure:    func(r *http.Request) bool { return r.TLS != nil },
		Console:   func() bool { return s.console },
		Type: func(_ context.Context, r rules.Request) (string, string, rules.Result) {
			s.typed = append(s.typed, r)
			return "typed", "**" + name + "** `" + name + "`\n```\n" + name + "\n```", rules.Success
		},
		Now: func() time.Time { return s.now }, Zone: time.UTC, Actions: map[string]string{"edit": "edit"}, Logger: slog.New(slog.DiscardHandler),
	})
	mux := http.NewServeMux()
	s.pages.Handle(mux)
	s.server = httptest.NewServer(http.NewCrossOriginProtection().Handler(mux))
	t.Cleanup(s.server.Close)
	s.client = browser(t)
	return s
}

// browser returns a client that keeps cookies and follows no redirect.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, path string, form url.Values, headers ...string) reply {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		if r.Header.Set(headers[i], headers[i+1]); headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	response, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(body)}
}

func (s *site) get(path string, headers ...string) reply {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, headers...)
}

// ticket returns what a link to sign in carries.
func (s *site) ticket(person string) string {
	s.t.Helper()
	path, err := s.pages.Ticket(s.t.Context(), rules.Request{Actor: rules.Person{ID: "id-" + person, Name: person}, Entry: "chat"})
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimPrefix(path, "/sign-in?ticket=")
}

// signIn opens the pages for a person.
func (s *site) signIn(person string) *site {
	s.t.Helper()
	if r := s.do(http.MethodPost, "/sign-in", url.Values{"ticket": {s.ticket(person)}}); r.status != http.StatusSeeOther {
		s.t.Fatalf("%d %s", r.status, r.body)
	}
	return s
}

// everyPage are the pages that only those see who are signed in.
func everyPage(name string) []string {
	return []string{
		"/", "/?q=edit", "/?by=nobody", "/entry/r1", "/entry/r1?view=split", "/rules", "/rules?rev=" + revisionOf(1), "/rules?at=2020-01-01", "/rules?q=up",
		ruleAddress(rules.Ref{Ruler: "prometheus", Path: "ops/g.yaml", Group: "g", Name: name, Nth: 1}),
		"/rule?" + url.Values{"name": {name}, "view": {"split"}}.Encode(),
		"/rule?" + url.Values{"name": {name}, "from": {revisionOf(1)}, "to": {revisionOf(3)}}.Encode(),
		"/console", "/journal.csv",
	}
}

func TestPagesShow(t *testing.T) {
	t.Parallel()
	s := newSite(t, "disk-full").signIn("aiko")
	for path, wants := range map[string][]string{
		"/":                            {"Commands, the newest first", `href="/entry/r2"`, "edit disk-full", "LIVE", "/journal.csv?", `<html lang="en">`, "aiko"},
		"/?by=disk-full&q=rule%3Dnope": {"The journal has no such entries."},
		"/entry/r1":                    {"2026-11-21 18:00:00 UTC", revisionOf(2), "u-disk-full", "<del>-- disk-full</del>", "side by side"},
		"/entry/r1?view=split":         {"<del>- disk-full</del>", `<table class="split">`},
		"/rules":                       {"disk-full", `class="badge live"`, `type="range"`, `max="3" value="3"`, "1 / 1"},
		"/rules?rev=1111":              {"As of", `value="1"`, "changed", revisionOf(2)},
		"/rules?at=2020-01-01":         {"Before the first commit.", "0 rules"},
		"/rules?at=2026-11-21T17:30":   {`<code>1111111</code>`},
		"/rules?q=nothing":             {"0 rules"},
		"/rule?name=disk-full":         {"for: 3m", "<del>-  for: 2m</del>", "<ins>+  for: 3m</ins>", "<q>disk-full</q>", `href="/entry/r0"`, `name="from"`},
		"/rule?name=g/disk-full":       {"for: 3m"},
		"/console":                     {`name="mark"`, `action="/console"`},
		"/?lang=ja":                    {`<html lang="ja">`, "コマンド(新しい順)", "サインアウト"},
		"/rule?name=disk-full&lang=ja": {"変更履歴"},
		"/rules?view=unified&lang=ja":  {"反映済み"},
		"/rule?name=disk-full&view=split&from=" + revisionOf(1) + "&to=" + revisionOf(3): {"Two versions", "1111111</code> →", "<del>  for: 1m</del>", "<ins>  for: 3m</ins>"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			own := newSite(t, "disk-full")
			r := own.signIn("aiko").get(path)
			for _, want := range wants {
				if r.status != http.StatusOK || !strings.Contains(r.body, want) {
					t.Errorf("%d, without %q:\n%s", r.status, want, r.body)
				}
			}
		})
	}
	for path, want := range map[string]struct {
		status int
		text   string
	}{
		"/entry/nobody":                    {404, "no entry of this request"},
		"/entry/..%2f..%2fetc%2fpasswd":    {404, "no entry of this request"},
		"/rule?name=nobody":                {404, "nobody"},
		"/rules?rev=abcd":                  {404, "has no commit"},
		"/rules?at=tomorrow":               {400, "such as 7d"},
		"/?result=faild":                   {400, "<code>failed</code>"},
		"/?cursor=x":                       {400, "no page"},
		"/?n=5":                            {400, "no parameter n="},
		"/?q=n=5":                          {400, "n= is no filter here"},
		"/?by=a&by=b":                      {400, "by= is given twice"},
		"/?q=a&q=b":                        {400, "q= is given twice"},
		"/?by=%zz":                         {400, "malformed"},
		"/?result=failed;denied":           {400, "malformed"},
		"/journal.csv?by=%zz":              {400, "malformed"},
		"/rules?q=a&q=b":                   {400, "q= is given twice"},
		"/rules?at=today;":                 {400, "malformed"},
		"/?at=2020-01-01":                  {200, "no such entries"},
		"/?at=2026-11-21":                  {200, "/entry/r1"},
		"/journal.csv?at=2026-11-21":       {200, "edit"},
		"/journal.csv?n=5":                 {400, "no parameter n="},
		"/rule?name=disk-full&from=1&to=1": {400, "two different versions"},
		"/nothing":                         {404, ""},
	} {
		if r := s.get(path); r.status != want.status || !strings.Contains(r.body, want.text) {
			t.Errorf("%s: %d, want %d with %q:\n%s", path, r.status, want.status, want.text, r.body)
		}
	}
	if r := s.get("/rules?step=1"); r.status != http.StatusSeeOther || r.header.Get("Location") != "/rules?rev="+revisionOf(1) {
		t.Errorf("the slider leads to %d %s", r.status, r.header.Get("Location"))
	}
	if r := s.get("/rules?step=3&q=x"); r.header.Get("Location") != "/rules?q=x" {
		t.Errorf("its right end leads to %s", r.header.Get("Location"))
	}
}

// A life is told in the words of the command history.
// TestRulesSayWhenTheyCameIn asks for the rules as of a time, of a commit that came in later than its date says.
func TestRulesSayWhenTheyCameIn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "disk-full").signIn("aiko")
	const path = "/rules?at=2026-11-21T17:30"
	if page := s.get(path); strings.Contains(page.body, "came in") {
		t.Errorf("it came in when its date says, and it is told otherwise:\n%s", page.body)
	}
	s.late = 20 * time.Minute
	if page := s.get(path); !strings.Contains(page.body, `<code>1111111</code>, came in: <time datetime="2026-11-21T17:20:00Z">`) {
		t.Errorf("it does not say when it came in:\n%s", page.body)
	}
}

// TestRuleWithoutAHistory shows a rule that is live by a file which is held, and that the history which is followed by now never had.
func TestRuleWithoutAHistory(t *testing.T) {
	t.Parallel()
	s := newSite(t, "disk-full").signIn("aiko")
	s.versions, s.status.Held = nil, &rules.HeldPush{Good: revisionOf(3), Paths: []string{"prometheus/ops/g.yaml"}}
	for _, path := range []string{"/rule?name=disk-full", "/rule?ruler=prometheus&path=ops/g.yaml&group=g&name=disk-full"} {
		page := s.get(path)
		for _, want := range []string{"for: 3m", "held as before", "The history that is followed has no change of it."} {
			if page.status != http.StatusOK || !strings.Contains(page.body, want) {
				t.Errorf("%s: %d, without %q:\n%s", path, page.status, want, page.body)
			}
		}
	}
	if page := s.get("/rule?name=nobody"); page.status != http.StatusNotFound {
		t.Errorf("one that is nowhere: %d", page.status)
	}
}

func TestRuleShowsItsGroup(t *testing.T) {
	t.Parallel()
	s := newSite(t, "Disk")
	s.books[revisionOf(3)] = s.books[revisionOf(3)].With(map[string][]byte{"prometheus/ops/g.yaml": []byte(
		"groups:\n- name: g\n  interval: 30s\n  limit: 7\n  labels: {team: <b>}\n  rules:\n  - alert: Disk\n    expr: up == 0\n")})
	page := s.signIn("aiko").get("/rule?name=Disk").body
	for _, want := range []string{"<code>group interval: 30s</code>", "<code>group limit: 7</code>", "<code>group label team: &lt;b&gt;</code>"} {
		if before, _, found := strings.Cut(page, "<pre"); !found || !strings.Contains(before, want) {
			t.Errorf("above the rule there is no %s:\n%s", want, before)
		}
	}
}

func TestLifeIsToldAsInTheChat(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	aside := s.versions[0].Ref
	aside.Path = "paused/prometheus/x-1.paused"
	s.versions[2].Action = "restore"
	s.versions[1].Action, s.versions[1].Kind, s.versions[1].From, s.versions[1].Commit.Parent = "undo", rules.RuleMoved, aside, revisionOf(1)
	s.versions[0].Action, s.versions[0].Kind, s.versions[0].From = "resume", rules.RuleMoved, aside
	body := s.signIn("aiko").get("/rule?name=x").body
	for _, want := range []string{`resumed">resumed</span> <time`, `resumed">resumed</span> (undo)`, `added">added</span> (restore)`} {
		if !strings.Contains(body, want) {
			t.Errorf("without %q:\n%s", want, body)
		}
	}
}

// Every field that an entry has is on its page. What is added to JournalObject is to be added to the page, and here.
func TestEntryIsShownWhole(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	done := now.Add(1234 * time.Millisecond)
	named := func(name string) rules.Place { return rules.Place{ID: name + "-id", Name: name + "-name"} }
	s.shelf.put(rules.Record{
		Request: rules.Request{ID: "whole", Time: now, Actor: rules.Person(struct{ ID, Name, Email string }{"actor-id", "actor-name", ""}), Team: named("team"), Channel: named("channel"),
			Entry: "the-entry", Thread: "the-thread", Remote: "the-remote", Client: "the-client", Host: "the-host", Version: "the-version", Zone: "the-zone", Command: "the-command"},
		Action: "the-action", Done: done, Reply: "the-reply",
		Outcome: rules.Outcome{Result: rules.Failed, State: rules.Reverted, Ruler: "the-ruler", Refs: []rules.Ref{{Ruler: "r1", Path: "p1", Group: "g1", Name: "n1", Nth: 7}},
			Stages: []rules.Stage{{Name: "the-stage", Took: 5678 * time.Microsecond, Failed: true}}, Templates: []rules.TemplateUse{{Name: "the-template", Version: 42}},
			Findings: []rules.Finding{{Check: "the-check", Severity: "the-severity", Ref: rules.Ref{Name: "the-found"}, Text: "the-finding"}},
			Accepted: []rules.Acceptance{{Check: "the-accepted", Until: now.AddDate(1, 0, 0), Reason: "the-acceptance"}},
			Reason:   "the-reason", Revision: "the-revision", Undone: "the-undone", Took: 4321 * time.Millisecond, Diff: "the-diff",
			Fields: []rules.FieldChange{{Rule: "f-rule", Field: "f-field", Was: "f-was", Is: "f-is"}}, Err: &rules.Error{Text: "the-error"}, Why: "the-why", Interrupted: true},
	})
	if n := reflect.TypeFor[rules.JournalObject]().NumField(); n != 34 {
		t.Errorf("an entry has %d fields", n)
	}
	body := s.signIn("aiko").get("/entry/whole").body
	for _, want := range []string{"whole", "2026-11-22 03:00:00", "2026-11-22 03:00:01", "1.234s", "4.321s", "actor-id", "actor-name", "team-id", "team-name", "channel-id", "channel-name",
		"the-entry", "the-remote", "the-client", "the-host", "the-version", "the-zone", "the-command", "the-action", "the-reply", "FAILED", "REVERTED", "the-ruler",
		"r1", "p1", "g1", "n1", "#7", "the-reason", "the-revision", "the-undone", "the-diff", "f-rule", "f-field", "f-was", "f-is", "the-error", "the-thread", "the-stage", "5.678 ms", "failed",
		"the-template</bdi> v42", "the-check", "the-severity", "the-found", "the-finding", "the-accepted", "2027-11-22", "the-acceptance", "the-why", ">interrupted<"} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not shown", want)
		}
	}
}

// TestTimelineIsShort holds that the timeline shows the beginnings of what is long, and the page of the entry all of it.
func TestTimelineIsShort(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	long := func(what string) string { return what + strings.Repeat(" 監", 30_000) + " end-of-" + what }
	refs := make([]rules.Ref, 5000)
	for i := range refs {
		refs[i] = rules.Ref{Ruler: "prometheus", Path: "ops/g.yaml", Group: "g", Name: fmt.Sprint("rule-", i), Nth: 1}
	}
	for i := range pageEntries {
		s.shelf.put(rules.Record{Request: rules.Request{ID: fmt.Sprint("long", i), Time: now, Command: long("command")}, Done: now,
			Outcome: rules.Outcome{Result: rules.Failed, Err: &rules.Error{Text: long("error")}, Reason: long("reason"), Refs: refs}})
	}
	s.signIn("aiko")
	body := s.get("/").body
	if most := pageEntries * 8 << 10; len(body) > most || !strings.Contains(body, "command 監") || !strings.Contains(body, "rule-9</bdi></a> …") {
		t.Errorf("the timeline has %d bytes:\n%.5000s", len(body), body)
	}
	if body = s.get("/entry/long1").body; !strings.Contains(body, "end-of-command") || !strings.Contains(body, "end-of-error") || !strings.Contains(body, "rule-4999") {
		t.Error("the page of the entry does not show all of it")
	}
}

func TestTimelineGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	for i := range 120 {
		s.shelf.put(record(i))
	}
	s.signIn("aiko")
	next := regexp.MustCompile(`rel="next" href="([^"]*)"`)
	entries := regexp.MustCompile(`href="/entry/(r\d+)"`)
	seen, path := 0, "/?by=aiko"
	for pages := 1; ; pages++ {
		r := s.get(path)
		seen += len(entries.FindAllString(r.body, -1))
		m := next.FindStringSubmatch(r.body)
		if m == nil {
			if pages != 2 || seen != 60 {
				t.Errorf("%d entries on %d pages", seen, pages)
			}
			break
		}
		path = strings.ReplaceAll(m[1], "&amp;", "&")
	}
}

// TestPageNumbers holds that a number which is no page is said to be none, however large, and that behind the last page there is the last one.
func TestPageNumbers(t *testing.T) {
	t.Parallel()
	s := newSite(t, "disk-full").signIn("aiko")
	for _, page := range []string{"/rules?", "/rule?name=disk-full&"} {
		for number, status := range map[string]int{
			"99999999999999999999": http.StatusBadRequest, "9223372036854775807": http.StatusBadRequest, "-9223372036854775808": http.StatusBadRequest,
			"0": http.StatusBadRequest, "-1": http.StatusBadRequest, "1.5": http.StatusBadRequest, "x": http.StatusBadRequest, "1": http.StatusOK, "": http.StatusOK, "1000000": http.StatusOK,
		} {
			if r := s.get(page + "page=" + number); r.status != status {
				t.Errorf("%spage=%s: %d", page, number, r.status)
			}
		}
	}
	if r := s.get("/rules?page=1000000"); !strings.Contains(r.body, "disk-full") || strings.Contains(r.body, `rel="prev"`) {
		t.Errorf("behind the last page there is not the last one:\n%s", r.body)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	s := newSite(t, "=cmd()")
	for i := range 2500 {
		s.shelf.put(record(i))
	}
	r := s.signIn("aiko").get("/journal.csv?q=a%22%0d%0aX-Evil:%201")
	if r.status != http.StatusOK || r.header.Get("X-Evil") != "" || r.header.Get("Content-Disposition") != `attachment; filename="journal.csv"` {
		t.Errorf("%d %v", r.status, r.header)
	}
	rows, err := csv.NewReader(strings.NewReader(s.get("/journal.csv").body)).ReadAll()
	if err != nil || len(rows) != 2504 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, cell := range row {
			if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	if rows, _ := csv.NewReader(strings.NewReader(s.get("/journal.csv?by=bob").body)).ReadAll(); len(rows) != 1251 {
		t.Errorf("%d rows of bob's", len(rows))
	}
}

// A download is not cut off by how long the server lets other answers take.
func TestDownloadTakesItsTime(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x")
	for i := range 2500 {
		s.shelf.put(record(i))
	}
	s.signIn("aiko")
	hasty := httptest.NewUnstartedServer(s.server.Config.Handler)
	hasty.Config.WriteTimeout = time.Nanosecond
	hasty.Start()
	t.Cleanup(hasty.Close)
	response, err := s.client.Get(hasty.URL + "/journal.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if rows, err := csv.NewReader(response.Body).ReadAll(); err != nil || len(rows) != 2504 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// Whatever people write, it is text on the pages and nothing else.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	for i, name := range []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `' onmouseover='alert(1)`, "`${alert(1)}`", `</pre></title><svg onload=alert(1)>`,
		`javascript:alert(1)`, `{{.}}`, "a\u202eb\u200fc\u0000d", `--><!--`, `]]>`, "<a href=\"javascript:alert(1)\">x</a>", `&lt;b&gt;`, "</textarea><script>alert(1)</script>",
		"```\n<script>alert(1)</script>", "[x](javascript:alert(1))", "%0d%0aSet-Cookie: a=b",
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := newSite(t, strings.ReplaceAll(name, "\x00", ""))
			s.status.Held = &rules.HeldPush{Problems: []rules.Problem{{Path: name, Text: name}}}
			s.status.Problems = []rules.Problem{{Path: "prometheus/ops/g.yaml", Text: name}}
			s.signIn(name)
			pages := append(everyPage(name), "/?"+url.Values{"q": {name}, "rule": {name}, "result": {name}}.Encode(), "/rules?"+url.Values{"q": {name}}.Encode(),
				"/rules?"+url.Values{"rev": {name}}.Encode(), "/rule?"+url.Values{"name": {name + "x"}}.Encode(), "/entry/"+url.PathEscape(name), "/sign-in?ticket="+s.ticket(name))
			plain := newSite(t, "plain").signIn("plain")
			for _, path := range pages {
				r := s.get(path)
				if strings.HasPrefix(r.header.Get("Content-Type"), "text/csv") || r.status == http.StatusSeeOther {
					continue
				}
				harmless(t, path, r, plain.get("/").header)
			}
			mark := markOf(t, s)
			r := s.do(http.MethodPost, "/console", url.Values{"mark": {mark}, "key": {strings.Repeat("A", 26)}, "text": {name}})
			if r.status != http.StatusOK || r.header.Get(rules.RequestHeader) != "typed" {
				t.Errorf("%d, %v", r.status, r.header)
			}
			harmless(t, "the console's answer", r, plain.get("/").header)
		})
	}
}

var (
	tag        = regexp.MustCompile(`<[a-zA-Z!/][^>]*>`)
	knownTags  = strings.Fields("a b bdi body br button caption code col colgroup dd del details div dl doctype dt form h1 h2 h3 head header html input ins label li link main meta nav option p pre q section select small span strong summary table tbody td textarea th thead time title tr ul")
	tagName    = regexp.MustCompile(`^</?!?([a-zA-Z0-9]+)`)
	attributes = regexp.MustCompile(`\s([a-zA-Z-]+)(?:="[^"]*"|='[^']*'|)`)
	knownNames = strings.Fields("action aria-current aria-label aria-live autocomplete autofocus charset checked class colspan content datetime download href html id lang max method min name open placeholder rel role rows scope selected spellcheck tabindex type value for html")
	reference  = regexp.MustCompile(`(?:href|action|src)="([^"]*)"`)
)

// harmless reports what of a page is no text: tags and attributes that the templates have not, addresses of elsewhere, characters that hide.
func harmless(t *testing.T, path string, r reply, header http.Header) {
	t.Helper()
	for _, found := range tag.FindAllString(r.body, -1) {
		if m := tagName.FindStringSubmatch(found); m == nil || !slices.Contains(knownTags, strings.ToLower(m[1])) {
			t.Errorf("%s has %s", path, found)
		}
		for _, m := range attributes.FindAllStringSubmatch(found, -1) {
			if !slices.Contains(knownNames, m[1]) {
				t.Errorf("%s has %s in %s", path, m[1], found)
			}
		}
	}
	for _, m := range reference.FindAllStringSubmatch(r.body, -1) {
		if !strings.HasPrefix(m[1], "/") && !strings.HasPrefix(m[1], "?") && !strings.HasPrefix(m[1], "#") || strings.HasPrefix(m[1], "//") {
			t.Errorf("%s leads to %s", path, m[1])
		}
	}
	if strings.ContainsFunc(r.body, func(r rune) bool { return r != '\n' && r != '\t' && r != '\ufffd' && rules.Invisible(r) }) {
		t.Errorf("%s has characters that nobody sees", path)
	}
	for _, key := range slices.Sorted(maps.Keys(header)) {
		if key != "Content-Length" && key != "Date" && !slices.Equal(header[key], r.header[key]) {
			t.Errorf("%s: %s is %q", path, key, r.header[key])
		}
	}
	if len(r.header["Set-Cookie"]) > 0 {
		t.Errorf("%s sets %q", path, r.header["Set-Cookie"])
	}
	if csp := r.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self'; img-src 'self';") || strings.Contains(csp, "unsafe") {
		t.Errorf("%s: the policy is %q", path, csp)
	}
}

// markOf returns the mark of the console's form.
func markOf(t *testing.T, s *site) string {
	t.Helper()
	m := regexp.MustCompile(`name="mark" value="([0-9a-f]+)"`).FindStringSubmatch(s.get("/console").body)
	if m == nil {
		t.Fatal("the console's form has no mark")
	}
	return m[1]
}
