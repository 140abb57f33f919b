package main

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/alertsmith/alertsmith/bot/web/browsertest"
)

// TestServiceInBrowser gives the running service commands in its console and finds them in its journal, with a real browser.
func TestServiceInBrowser(t *testing.T) {
	t.Parallel()
	s := newSystem(t, "--prometheus.url=http://127.0.0.1:1", "--prometheus.rules-dir="+t.TempDir())
	s.start()
	b := browsertest.Open(t, s.url)
	link := regexp.MustCompile(`/sign-in\?ticket=[\w-]+`).FindString(s.must("web").text)
	b.Open(link)
	b.Press("form button.main")

	for _, command := range []struct{ text, answer string }{
		{"add disk-full expr='disk_free_bytes < 1e9' for=5m reason=\"it was full on Friday\"", "SUCCESS"},
		{"edit disk-full for=1x", "VALIDATION_ERROR"},
		{"edit disk-full for=10m", "SUCCESS"},
	} {
		b.Open("/console")
		b.Do(chromedp.SendKeys(chromedp.CSS("#text"), command.text))
		b.Press("form[action='/console'] button.main")
		b.Sees("/alert "+command.text, command.answer)
	}

	b.Open("/")
	b.Do(chromedp.SendKeys(chromedp.CSS("#q"), "result=refused"))
	b.Press("form.filter button.main")
	b.Sees("edit disk-full for=1x")
	if rows := b.Value(`document.querySelectorAll("table.list tbody tr").length`); rows != "1" {
		t.Errorf("%s entries are refused", rows)
	}
	b.Press(`table.list tbody a[href^="/entry/"]`)
	b.Sees("VALIDATION_ERROR", "for=1x", "edit")

	b.Open("/")
	b.Do(chromedp.SendKeys(chromedp.CSS("#q"), "rule=disk-full result=success"))
	b.Press("form.filter button.main")
	rows, err := csv.NewReader(bytes.NewReader(b.Download("a[download]", "journal.csv"))).ReadAll()
	if err != nil || len(rows) != 3 || !slices.Contains(rows[1], "edit disk-full for=10m") || !slices.Contains(rows[2], "it was full on Friday") {
		t.Errorf("the table is %q, %v", rows, err)
	}

	b.Press(`table.list tbody tr:first-of-type a[href^="/entry/"]`)
	b.Sees("What changed", "5m", "10m", "PENDING")
	b.Press(`dd a[href^="/rule?"]`)
	b.Sees("disk-full", "Its life", "it was full on Friday", "+  for: 10m", "-  for: 5m")
	s.stop()
}
