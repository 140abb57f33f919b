package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// visitor is somebody who looks at a service's pages with a browser of their own.
type visitor struct {
	*system

	browser *http.Client
}

// visit signs somebody in by the link that the command web gives.
func (s *system) visit() *visitor {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	v := &visitor{s, &http.Client{Jar: jar}}
	link := regexp.MustCompile(`ticket=([\w-]+)`).FindStringSubmatch(s.must("web").text)
	if link == nil {
		s.t.Fatal("the command web gives no link")
	}
	response, err := v.browser.PostForm(s.url+"/sign-in", url.Values{"ticket": {link[1]}})
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.t.Fatal(response.Status)
	}
	return v
}

// look returns a page.
func (v *visitor) look(path string) (status int, page string) {
	v.t.Helper()
	response, err := v.browser.Get(v.url + path)
	if err != nil {
		v.t.Fatalf("%.300s: %v", path, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%.300s: %v", path, err)
	}
	return response.StatusCode, string(body)
}

// What stands in a page: elements with their attributes, and links.
var (
	element = regexp.MustCompile(`<[/!]?([a-zA-Z][^\s>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>|<`)
	quoted  = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	href    = regexp.MustCompile(`href="([^"]*)"`)
	handles = regexp.MustCompile(`(?i)\s(on\w+|style|srcdoc|formaction)\s*=`)
)

// ourElements are all that the pages are made of.
var ourElements = strings.Fields("doctype html head meta link title body a header strong nav form bdi button main h1 h2 p label input details summary div select option table caption thead " +
	"tbody tr th td code pre time span small dl dt dd br ul ol li b del ins colgroup col")

// harmless holds that a page has no elements but its own, with nothing that runs, and nothing that hides.
func harmless(t *testing.T, path, page string) {
	t.Helper()
	for _, found := range element.FindAllStringSubmatch(page, -1) {
		if !slices.Contains(ourElements, found[1]) || handles.MatchString(quoted.ReplaceAllString(found[2], "")) {
			t.Errorf("%.300s has the element %.300q", path, found[0])
		}
	}
	for _, found := range href.FindAllStringSubmatch(page, -1) {
		if address := found[1]; !strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "?") && address != "#content" || strings.HasPrefix(address, "//") {
			t.Errorf("%.300s leads to %.300q", path, address)
		}
	}
	if at := strings.IndexFunc(page, hidden); at >= 0 {
		t.Errorf("%.300s hides something: %q", path, page[max(at-50, 0):min(at+50, len(page))])
	}
}

// hidden reports whether a character of a text is hidden that is no end of a line, no tab and not what stands for such a one.
func hidden(r rune) bool { return r != '\n' && r != '\t' && r != utf8.RuneError && rules.Invisible(r) }

// checkPages looks at all that the journal holds in every form in which it goes out, and searches it for every input. It is the journal itself and its own
// language of filters that answer.
func (s *system) checkPages(t *testing.T, inputs []string) {
	t.Helper()
	v := s.visit()
	entries, next := regexp.MustCompile(`href="(/entry/[^"]+)"`), regexp.MustCompile(`rel="next" href="([^"]*)"`)
	var seen []string
	for path := "/"; path != ""; {
		status, page := v.look(path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		harmless(t, path, page)
		for _, found := range entries.FindAllStringSubmatch(page, -1) {
			seen = append(seen, found[1])
		}
		path = ""
		if found := next.FindStringSubmatch(page); found != nil {
			path = strings.ReplaceAll(found[1], "&amp;", "&")
		}
	}
	records := s.recorded()
	if len(seen) < len(records)-1 || len(records) < 1000 { // that of who looks has come meanwhile
		t.Errorf("the timeline shows %d entries of %d", len(seen), len(records))
	}
	for i, path := range seen {
		if i%8 == 0 { // each of them has its time
			status, page := v.look(path)
			if status != http.StatusOK {
				t.Errorf("%s: %d", path, status)
			}
			harmless(t, path, page)
		}
	}
	for i, input := range inputs {
		key := []string{"q", "by", "rule", "channel", "result", "since", "action", "page"}[i%8]
		for _, path := range []string{"/?" + url.Values{"q": {input}}.Encode(), []string{"/?", "/rules?"}[i/8%2] + url.Values{key: {input}}.Encode()} {
			status, page := v.look(path)
			if status != http.StatusOK && status != http.StatusBadRequest {
				t.Errorf("%.300s: %d", path, status)
			}
			harmless(t, path, page)
		}
	}
	s.checkSheets(t, v)
	s.checkObjects(t, v, records)
}

// checkSheets holds that no format of the journal as a text does anything in a spreadsheet or a terminal.
func (s *system) checkSheets(t *testing.T, v *visitor) {
	t.Helper()
	texts := map[string]string{}
	_, texts["the download"] = v.look("/journal.csv")
	_, texts["the API"] = v.look("/api/v1/journal?format=csv&limit=1000")
	for _, format := range []string{"csv", "json", "table"} {
		cmd := exec.Command("alertsmith", "journal", "--limit=0", "--format="+format)
		cmd.Dir = s.dir
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%.1000s", format, err, output)
		}
		texts["--format "+format] = string(output)
	}
	for from, text := range texts {
		if at := strings.IndexFunc(strings.ReplaceAll(text, "\r\n", "\n"), hidden); at >= 0 {
			t.Errorf("%s hides something", from)
		}
		if from == "--format json" || from == "--format table" {
			continue
		}
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) < 1000 {
			t.Errorf("%s: %d rows, %v", from, len(rows), err)
		}
		for _, cell := range slices.Concat(rows...) {
			if first, _ := utf8.DecodeRuneInString(strings.TrimSpace(cell)); strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(cell, "\t") {
				t.Errorf("%s: a spreadsheet takes %.100q for a formula", from, cell)
			}
		}
	}
}

// checkObjects holds that programs get every command as it was recorded.
func (s *system) checkObjects(t *testing.T, v *visitor, records []rules.Record) {
	t.Helper()
	given := map[string]string{}
	for cursor := ""; ; {
		_, text := v.look("/api/v1/journal?limit=1000" + cursor)
		var page struct {
			Entries []rules.JournalObject
			Next    string
		}
		if err := json.Unmarshal([]byte(text), &page); err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Entries {
			given[o.Request] = o.Command
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	for _, r := range records {
		if got := given[r.Request.ID]; got != strings.ToValidUTF8(r.Request.Command, "\ufffd") {
			t.Errorf("%.300q is %.300q in the API", r.Request.Command, got)
		}
	}
}
