// Package browsertest drives Debian's chromium over the pages, for tests. Where there is none the test is skipped, and says so.
package browsertest

import (
	"context"
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
)

// Tab is a tab of a real browser that looks at a site. Whatever goes wrong in it fails its test.
type Tab struct {
	t    testing.TB
	ctx  context.Context //nolint:containedctx // chromedp keeps its browser there
	site string
	mu   sync.Mutex
	seen []string // what should not have happened: dialogs, scripts, errors, requests to elsewhere
}

// Open starts Debian's chromium for the site at an address, which has no slash at its end. Without one the test is skipped.
func Open(t testing.TB, site string) *Tab {
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
	b := &Tab{t: t, ctx: ctx, site: site}
	b.Do(chromedp.Navigate("about:blank")) // which starts the browser
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
func (b *Tab) watch(event any) {
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
		if !strings.HasPrefix(e.Request.URL, b.site+"/") && !strings.HasPrefix(e.Request.URL, "data:image/svg+xml;") {
			note("asks for %s", e.Request.URL)
		}
	}
}

// Do has the browser do something.
func (b *Tab) Do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, actions...))
}

// call gives the browser one command of its protocol.
func call[P, R any](b *Tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	must(b.t, err)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Prefers has the browser say whether whoever sits before it wants light or dark pages.
func (b *Tab) Prefers(scheme string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// Open goes to a page, and holds that it has no script.
func (b *Tab) Open(path string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(b.site+path), chromedp.WaitReady(chromedp.CSS("main")))
	b.quiet()
}

// Press presses what leads to another page, and waits for that.
func (b *Tab) Press(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible)); err != nil {
		b.t.Fatalf("%s: %v", selector, err)
	}
	b.Do(chromedp.WaitReady(chromedp.CSS("main")))
	b.quiet()
}

// quiet holds that nothing of anybody's runs on the page.
func (b *Tab) quiet() {
	b.t.Helper()
	if got := b.Value(`[document.scripts.length, typeof window.pwned, document.querySelectorAll("img, iframe, object, embed, svg, [onerror], [onload], [style]").length].join()`); got != "0,undefined,0" {
		b.t.Errorf("on %s: %s", b.Value("location.href"), got)
	}
}

// Value returns what an expression is on the page.
func (b *Tab) Value(expression string) string {
	b.t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("String("+expression+")"))
	must(b.t, err)
	return text
}

// Sees holds that the page has a text.
func (b *Tab) Sees(wanted ...string) {
	b.t.Helper()
	text := b.Value(`document.body.innerText`)
	for _, want := range wanted {
		if !strings.Contains(text, want) {
			b.t.Errorf("%s does not show %q:\n%s", b.Value("location.href"), want, text)
		}
	}
}

// Download presses a link to a file and returns what the browser has kept of it, under the name that it has there.
func (b *Tab) Download(selector, name string) []byte {
	b.t.Helper()
	dir, done := b.t.TempDir(), make(chan struct{})
	end := sync.OnceFunc(func() { close(done) }) // a later download is heard of here too
	must(b.t, chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			end()
		}
	}))
	call(b, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: new(true),
	})
	b.Do(chromedp.Click(chromedp.CSS(selector)))
	select {
	case <-done:
	case <-b.ctx.Done():
		b.t.Fatal("nothing was downloaded")
	}
	content, err := os.ReadFile(filepath.Join(dir, name))
	must(b.t, err)
	return content
}

// Screenshot returns a picture of the page, as PNG.
func (b *Tab) Screenshot() []byte {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	must(b.t, err)
	return picture
}
