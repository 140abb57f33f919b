package web

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/alertsmith/alertsmith/rules"
)

// screenshots names the variable that says into which directory the README's pictures are written.
const screenshots = "ALERTSMITH_SCREENSHOTS"

// tab is a tab of a real browser that looks at a site.
type tab struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // chromedp keeps its browser there
	site *site
	mu   sync.Mutex
	seen []string // what should not have happened: dialogs, scripts, errors, requests to elsewhere
}

// openTab starts Debian's chromium. Without one the test is skipped.
func openTab(t *testing.T, s *site) *tab {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("THE PAGES ARE NOT TESTED IN A BROWSER: there is no chromium here; apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WindowSize(1200, 800), chromedp.Flag("lang", "en"))
	limited, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // for the browser's start too: a busy machine takes its time
	t.Cleanup(cancel)
	allocator, stop := chromedp.NewExecAllocator(limited, options...)
	t.Cleanup(stop)
	ctx, done := chromedp.NewContext(allocator)
	t.Cleanup(done)
	b := &tab{t: t, ctx: ctx, site: s}
	b.do(chromedp.Navigate("about:blank")) // which starts the browser
	must(t, chromedp.Listen(b.ctx, b.watch))
	call(b, audits.Enable, cdp.Empty{})
	call(b, log.Enable, cdp.Empty{})
	call(b, network.Enable, network.EnableParams{})
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, event := range b.seen {
			t.Errorf("in the browser: %s", event)
		}
	})
	return b
}

// watch notes what none of the pages may do.
func (b *tab) watch(event any) {
	note := func(format string, args ...any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.seen = append(b.seen, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *cdppage.EventJavascriptDialogOpening:
		note("a dialog: %s", e.Message)
	case *runtime.EventExceptionThrown:
		note("a script failed: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		note("a script wrote to the console: %s", e.Type)
	case *log.EventEntryAdded:
		if !strings.Contains(e.Entry.URL, "/favicon.ico") {
			note("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			note("against the policy: %s", e.Issue.Details.ContentSecurityPolicyIssueDetails.ViolatedDirective)
		}
	case *network.EventRequestWillBeSent:
		// The icon of a date's field is the browser's own; the policy lets no page have such an image.
		if !strings.HasPrefix(e.Request.URL, b.site.server.URL+"/") && !strings.HasPrefix(e.Request.URL, "data:image/svg+xml;") {
			note("asks for %s", e.Request.URL)
		}
	}
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

// call gives the browser one command of its protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	must(b.t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// prefers has the browser say whether whoever sits before it wants light or dark pages.
func (b *tab) prefers(scheme string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// open goes to a page, and holds that it has no script.
func (b *tab) open(path string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.site.server.URL+path), chromedp.WaitReady(chromedp.CSS("main")))
	b.quiet()
}

// press presses what leads to another page, and waits for that.
func (b *tab) press(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("%s: %v", selector, err)
	}
	b.do(chromedp.WaitReady(chromedp.CSS("main")))
	b.quiet()
}

// quiet holds that nothing of anybody's runs on the page.
func (b *tab) quiet() {
	b.t.Helper()
	if got := b.value(`[document.scripts.length, typeof window.pwned, document.querySelectorAll("img, iframe, object, embed, svg, [onerror], [onload], [style]").length].join()`); got != "0,undefined,0" {
		b.t.Errorf("on %s: %s", b.value("location.href"), got)
	}
}

// value returns what an expression is on the page.
func (b *tab) value(expression string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	must(b.t, err)
	return text
}

// sees holds that the page has a text.
func (b *tab) sees(wanted ...string) {
	b.t.Helper()
	text := b.value(`document.body.innerText`)
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			b.t.Errorf("%s does not show %q:\n%s", b.value("location.href"), want, text)
		}
	}
}

// signIn opens a link of the chat and presses its button.
func (b *tab) signIn(person string) {
	b.t.Helper()
	b.open("/sign-in?ticket=" + b.site.ticket(person))
	b.press("form button.main")
}

// TestInBrowser walks through the pages as a person does, over texts that try to run. One browser at a time is enough for a machine.
func TestInBrowser(t *testing.T) {
	const hostile = `<img src=x onerror="window.pwned=1;alert(1)"><script>window.pwned=2;alert(2)</script>'"{{1}}`
	s := newSite(t, hostile)
	for i := range 60 {
		s.shelf.put(record(10 + i))
	}
	b := openTab(t, s)

	b.open("/entry/r1")
	b.sees("/alert web")
	b.signIn(hostile)
	if at := b.value("location.pathname"); at != "/entry/r1" {
		t.Errorf("signing in leads to %s", at)
	}
	b.sees("Entry 2", hostile, "LIVE")

	b.open("/")
	b.do(chromedp.SendKeys(chromedp.CSS("#q"), "by=bob result=ok"))
	b.press("form.filter button.main")
	if rows := b.value(`document.querySelectorAll("table.list tbody tr").length`); rows != "30" {
		t.Errorf("%s entries of bob's", rows)
	}
	b.open("/")
	b.do(chromedp.Click(chromedp.CSS("summary")), chromedp.SendKeys(chromedp.CSS("[name=action]"), "edit"))
	b.press("form.filter button.main")
	b.sees(hostile)
	b.press(`table.list tbody a[href^="/rule?"]`)
	b.sees(hostile, "Its life", "+  for: 3m")

	b.do(chromedp.Click(chromedp.CSS(`section:last-of-type [name=from]`)))
	b.press("form[action='/rule'] button.main")
	b.sees("Two versions", "-  for: 1m")
	b.press(`.views a`)
	if tables := b.value(`document.querySelectorAll("table.split").length`); tables != "4" {
		t.Errorf("%s differences side by side", tables)
	}

	b.open("/rules")
	b.sees(hostile, "live", "1 / 1")
	b.do(chromedp.SendKeys(chromedp.CSS("#step"), kb.Home))
	b.press(".times form:first-of-type button")
	if at := b.value("location.search"); at != "?rev="+revisionOf(1) {
		t.Errorf("the slider leads to %s", at)
	}
	b.sees("As of", "changed")

	b.open("/console")
	b.do(chromedp.SendKeys(chromedp.CSS("#text"), "list"))
	b.press("form[action='/console'] button.main")
	b.sees("/alert list", hostile, "SUCCESS")

	b.press(`nav a[lang=ja]`)
	if got := b.value("document.documentElement.lang"); got != "ja" {
		t.Errorf("the language is %s", got)
	}
	b.open("/rules")
	b.sees("ルール", "反映済み")

	b.do(chromedp.KeyEvent("\t"))
	if got := b.value("document.activeElement.className"); got != "skip" {
		t.Errorf("the keyboard begins at %q", got)
	}
	for scheme, want := range map[string]string{"dark": "rgb(20, 23, 26)", "light": "rgb(255, 255, 255)"} {
		b.prefers(scheme)
		if got := b.value("getComputedStyle(document.body).backgroundColor"); got != want {
			t.Errorf("%s is %s", scheme, got)
		}
	}
	b.press(".person button")
	b.open("/")
	b.sees("/alert web")
}

// TestDownloadInBrowser holds that the browser keeps the table as a file.
func TestDownloadInBrowser(t *testing.T) {
	s := newSite(t, "=HYPERLINK(1)")
	b := openTab(t, s)
	b.signIn("aiko")
	dir, done := t.TempDir(), make(chan struct{})
	must(t, chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			close(done)
		}
	}))
	call(b, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: new(true),
	})
	b.do(chromedp.Click(chromedp.CSS("a[download]")))
	select {
	case <-done:
	case <-b.ctx.Done():
		t.Fatal("nothing was downloaded")
	}
	f, err := os.Open(filepath.Join(dir, "journal.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 4 || rows[1][14] != "edit =HYPERLINK(1)" || rows[1][4] != "'=HYPERLINK(1)" {
		t.Errorf("%q, %v", rows, err)
	}
}

// TestScreenshots makes the README's pictures.
func TestScreenshots(t *testing.T) {
	dir := os.Getenv(screenshots)
	if dir == "" {
		t.Skip("only where " + screenshots + " names a directory")
	}
	s := newSite(t, "disk-full")
	showcase(s)
	b := openTab(t, s)
	b.signIn("aiko")
	b.do(chromedp.EmulateViewport(1200, 760))
	for _, shot := range []struct{ name, path, scheme string }{
		{"journal", "/", "light"}, {"rules", "/rules", "light"}, {"rule-dark", "/rule?name=disk-full&view=split", "dark"}, {"journal-ja", "/?lang=ja", "light"},
	} {
		b.prefers(shot.scheme)
		b.open(shot.path)
		picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		must(t, err)
		if len(picture) > 150_000 {
			t.Errorf("%s has %d bytes", shot.name, len(picture))
		}
		if err := os.WriteFile(filepath.Join(dir, shot.name+".png"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// showcase fills a site with what a team does in a day.
func showcase(s *site) {
	more := "groups:\n- name: web\n  rules:\n" +
		"  - alert: HighErrorRate\n    expr: sum by (job) (rate(http_requests_total{code=~\"5..\"}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05\n    for: 10m\n    labels: {severity: critical}\n" +
		"  - alert: CertificateExpiresSoon\n    expr: probe_ssl_earliest_cert_expiry - time() < 7 * 86400\n    labels: {severity: warning}\n" +
		"  - record: job:http_requests:rate5m\n    expr: sum by (job) (rate(http_requests_total[5m]))\n"
	s.books[revisionOf(3)] = s.books[revisionOf(3)].With(map[string][]byte{"prometheus/team/web.yaml": []byte(more)})
	web := rules.Ref{Ruler: "prometheus", Path: "team/web.yaml", Group: "web", Name: "HighErrorRate", Nth: 1}
	s.status.Rulers[0].Rules, s.status.Rulers[0].Running = 4, 3
	certificate := web
	certificate.Name = "CertificateExpiresSoon"
	s.status.Rulers[0].NotLive = []rules.NotLive{{Ref: certificate, Why: "prometheus lists it, and its last evaluation failed: found duplicate series"}}
	people := []string{"aiko", "bob", "carol"}
	for i := range s.versions {
		s.versions[i].Commit.Author.Name = people[i]
		s.versions[i].Commit.Body = "\n\nReason: " + []string{"still too noisy at night", "too noisy", "after the outage of Friday"}[i]
	}
	s.shelf.entries = nil
	done := func(i int, command, action string, o rules.Outcome) {
		at := now.Add(time.Duration(i-9) * 7 * time.Minute)
		s.shelf.put(rules.Record{
			Request: rules.Request{ID: fmt.Sprint("r", i), Time: at, Actor: rules.Person{ID: people[i%3], Name: people[i%3]}, Channel: rules.Place{ID: "c", Name: []string{"ops", "web"}[i%2]}, Entry: "chat", Command: command},
			Action:  action, Done: at.Add(400 * time.Millisecond), Outcome: o,
		})
	}
	live := func(ref rules.Ref) rules.Outcome {
		return rules.Outcome{Result: rules.Success, State: rules.Live, Refs: []rules.Ref{ref}, Ruler: "prometheus", Revision: revisionOf(3)}
	}
	full := s.versions[0].Ref
	pending := live(certificate)
	pending.State, pending.Reason = rules.NotLoaded, "its last evaluation failed: found duplicate series"
	done(1, `add disk-full template=disk-full percent=90 for=1m`, "add", live(full))
	done(2, `edit disk-full for=2m reason="too noisy"`, "edit", live(full))
	done(3, `add HighErrorRate expr='sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) > 0.05'`, "add",
		rules.Outcome{Result: rules.ValidationError, Err: &rules.Error{Text: "An alert of errors needs a share, not a rate: divide by all requests (promql-rate)."}})
	done(4, `add HighErrorRate expr='sum by (job) (rate(http_requests_total{code=~"5.."}[5m])) / sum by (job) (rate(http_requests_total[5m])) > 0.05' for=10m severity=critical`, "add", live(web))
	done(5, `add CertificateExpiresSoon expr='probe_ssl_earliest_cert_expiry - time() < 7 * 86400' severity=warning`, "add", pending)
	done(6, `delete HighErrorRate`, "delete", rules.Outcome{Result: rules.DeniedResult, Err: &rules.Error{Text: "You may not use this command: ask whoever runs Alertsmith to allow it."}})
	done(7, `history disk-full`, "history", rules.Outcome{Result: rules.Success})
	done(8, `edit disk-full for=3m reason="夜間の通知が多い"`, "edit", live(full))
}
