package web

import (
	"html"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every text of the pages is in the table of translations, and nothing else is.
func TestTranslations(t *testing.T) {
	t.Parallel()
	text := regexp.MustCompile(`\bt "([^"]*)"`)
	used := map[string]bool{}
	// What the templates are given as words.
	for _, word := range []string{"added", "changed", "moved", "deleted", "paused", "resumed", "live", "held as before", "not live", "held", "bad file", "on its way", "unknown", "the same", "gone"} {
		used[word] = true
	}
	files, err := fs.Glob(sheetFiles, "sheets/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := sheetFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range text.FindAllStringSubmatch(string(content), -1) {
			used[m[1]] = true
		}
	}
	for _, e := range errorTexts(t) {
		used[e] = true
	}
	for word := range used {
		if japanese[word] == "" {
			t.Errorf("%q has no Japanese", word)
		}
	}
	for word := range japanese {
		if !used[word] {
			t.Errorf("%q is on no page", word)
		}
	}
}

// errorTexts returns the errors of the pages whose texts are fixed, from the source. The interface for programs answers in English alone.
func errorTexts(t *testing.T) (texts []string) {
	t.Helper()
	text := regexp.MustCompile(`(?:Text: |text := |wrong\("[^"]*", )"([^"]+)"`)
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "api.go" || file == "stream.go" {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range text.FindAllStringSubmatch(string(source), -1) {
			texts = append(texts, m[1])
		}
	}
	if len(texts) < 10 {
		t.Errorf("only %d errors are in the source", len(texts))
	}
	return texts
}

// TestErrorsInJapanese shows errors to who reads Japanese; what was typed stays as it is.
func TestErrorsInJapanese(t *testing.T) {
	t.Parallel()
	s := newSite(t, "x").signIn("aiko")
	for address, want := range map[string]string{
		"/rules?page=0": "There is no such page.", "/entry/none": "The journal has no entry of this request.",
		"/?cursor=x": "This is no page of the journal.", "/?q=%zz": "The address is malformed behind its question mark: % begins two hexadecimal digits, and & separates.",
	} {
		if r := s.get(address, "Accept-Language", "ja"); r.status < 400 || !strings.Contains(r.body, html.EscapeString(japanese[want])) || strings.Contains(r.body, want) {
			t.Errorf("%s: %d\n%s", address, r.status, r.body)
		}
		if r := s.get(address, "Accept-Language", "en"); !strings.Contains(r.body, html.EscapeString(want)) {
			t.Errorf("%s: %d\n%s", address, r.status, r.body)
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]string{"": "en", "ja": "ja", "ja-JP,en;q=0.5": "ja", "de,en;q=0.8,ja;q=0.1": "en", "de": "en", "x;;;q": "en", strings.Repeat("ja,", 500): "ja"} {
		s := newSite(t, "x")
		r := s.get("/sign-in", "Accept-Language", accept)
		if !strings.Contains(r.body, `<html lang="`+want+`">`) || r.header.Get("Content-Language") != want {
			t.Errorf("%.40q gives %s, want %s", accept, r.header.Get("Content-Language"), want)
		}
	}
	s := newSite(t, "x").signIn("aiko")
	if r := s.get("/?q=a%22b&lang=ja"); !strings.Contains(r.body, `href="?lang=en&amp;q=a%22b"`) || r.header.Get("Content-Language") != "ja" {
		t.Errorf("%s", r.body)
	}
	if r := s.get("/rules", "Accept-Language", "en"); r.header.Get("Content-Language") != "ja" {
		t.Error("the choice is not kept")
	}
	if r := s.get("/rules?lang=../../x"); r.status != http.StatusOK || r.header.Get("Content-Language") != "ja" {
		t.Errorf("%d", r.status)
	}
}
