package web

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/alertsmith/alertsmith/bot/web/browsertest"
	"github.com/alertsmith/alertsmith/rules"
)

// screenshots names the variable that says into which directory the README's pictures are written.
const screenshots = "ALERTSMITH_SCREENSHOTS"

// openTab opens a site in a browser.
func openTab(t *testing.T, s *site) *browsertest.Tab {
	t.Helper()
	return browsertest.Open(t, s.server.URL)
}

// signIn opens a link of the chat and presses its button.
func signIn(b *browsertest.Tab, s *site, person string) {
	b.Open("/sign-in?ticket=" + s.ticket(person))
	b.Press("form button.main")
}

// TestInBrowser walks through the pages as a person does, over texts that try to run. One browser at a time is enough for a machine.
func TestInBrowser(t *testing.T) {
	const hostile = `<img src=x onerror="window.pwned=1;alert(1)"><script>window.pwned=2;alert(2)</script>'"{{1}}`
	s := newSite(t, hostile)
	for i := range 60 {
		s.shelf.put(record(10 + i))
	}
	b := openTab(t, s)

	b.Open("/entry/r1")
	b.Sees("/alert web")
	signIn(b, s, hostile)
	if at := b.Value("location.pathname"); at != "/entry/r1" {
		t.Errorf("signing in leads to %s", at)
	}
	b.Sees("Entry 2", hostile, "LIVE")

	b.Open("/")
	b.Do(chromedp.SendKeys(chromedp.CSS("#q"), "by=bob result=ok"))
	b.Press("form.filter button.main")
	if rows := b.Value(`document.querySelectorAll("table.list tbody tr").length`); rows != "30" {
		t.Errorf("%s entries of bob's", rows)
	}
	b.Open("/")
	b.Do(chromedp.Click(chromedp.CSS("summary")), chromedp.SendKeys(chromedp.CSS("[name=action]"), "edit"))
	b.Press("form.filter button.main")
	b.Sees(hostile)
	b.Press(`table.list tbody a[href^="/rule?"]`)
	b.Sees(hostile, "Its life", "+  for: 3m")

	b.Do(chromedp.Click(chromedp.CSS(`section:last-of-type [name=from]`)))
	b.Press("form[action='/rule'] button.main")
	b.Sees("Two versions", "-  for: 1m")
	b.Press(`.views a`)
	if tables := b.Value(`document.querySelectorAll("table.split").length`); tables != "4" {
		t.Errorf("%s differences side by side", tables)
	}

	b.Open("/rules")
	b.Sees(hostile, "live", "1 / 1")
	b.Do(chromedp.SendKeys(chromedp.CSS("#step"), kb.Home))
	b.Press(".times form:first-of-type button")
	if at := b.Value("location.search"); at != "?rev="+revisionOf(1) {
		t.Errorf("the slider leads to %s", at)
	}
	b.Sees("As of", "changed")

	b.Open("/console")
	b.Do(chromedp.SendKeys(chromedp.CSS("#text"), "list"))
	b.Press("form[action='/console'] button.main")
	b.Sees("/alert list", hostile, "SUCCESS")

	b.Press(`nav a[lang=ja]`)
	if got := b.Value("document.documentElement.lang"); got != "ja" {
		t.Errorf("the language is %s", got)
	}
	b.Open("/rules")
	b.Sees("ルール", "反映済み")

	b.Do(chromedp.KeyEvent("\t"))
	if got := b.Value("document.activeElement.className"); got != "skip" {
		t.Errorf("the keyboard begins at %q", got)
	}
	for scheme, want := range map[string]string{"dark": "rgb(20, 23, 26)", "light": "rgb(255, 255, 255)"} {
		b.Prefers(scheme)
		if got := b.Value("getComputedStyle(document.body).backgroundColor"); got != want {
			t.Errorf("%s is %s", scheme, got)
		}
	}
	b.Press(".person button")
	b.Open("/")
	b.Sees("/alert web")
}

// TestDownloadInBrowser holds that the browser keeps the table as a file.
func TestDownloadInBrowser(t *testing.T) {
	s := newSite(t, "=HYPERLINK(1)")
	b := openTab(t, s)
	signIn(b, s, "aiko")
	rows, err := csv.NewReader(bytes.NewReader(b.Download("a[download]", "journal.csv"))).ReadAll()
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
	signIn(b, s, "aiko")
	b.Do(chromedp.EmulateViewport(1200, 760))
	for _, shot := range []struct{ name, path, scheme string }{
		{"journal", "/", "light"}, {"rules", "/rules", "light"}, {"rule-dark", "/rule?name=disk-full&view=split", "dark"}, {"journal-ja", "/?lang=ja", "light"},
	} {
		b.Prefers(shot.scheme)
		b.Open(shot.path)
		picture := b.Screenshot()
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
