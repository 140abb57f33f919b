package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alertsmith/alertsmith/rules"
)

//go:embed sheets/*.html
var sheetFiles embed.FS

//go:embed style.css
var style []byte

// parseSheets returns the templates of the pages in a language. That they parse is a matter of the program, and of its tests.
func parseSheets(language string, zone *time.Location) *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t": func(text string) string { return translated(language, text) },
		"when": func(t time.Time) moment {
			return moment{t.UTC().Format(time.RFC3339Nano), t.In(zone).Format("2006-01-02 15:04:05 MST")}
		},
		"took":  func(d time.Duration) string { return d.Round(time.Millisecond).String() },
		"short": rules.ShortRevision,
		"rule":  ruleAddress,
		"cut":   shortened,
		"kind":  func(word any) string { return strings.ToLower(strings.ReplaceAll(fmt.Sprint(word), "_", "-")) },
		"lines": linesOf,
		"pairs": pairsOf,
		"reply": blocksOf,
	}).ParseFS(sheetFiles, "sheets/*.html"))
}

// shortened returns the beginning of a text, as much as a list has room for: the page of the one thing has all of it.
func shortened(text string) string {
	const longest = 300
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}

// moment is a time as programs and as people read it.
type moment struct{ Stamp, Text string }

// ruleAddress returns the address of the page of one rule.
func ruleAddress(ref rules.Ref) string {
	return "/rule?" + url.Values{
		"ruler": {ref.Ruler}, "path": {ref.Path}, "group": {ref.Group}, "name": {ref.Name}, "nth": {strconv.Itoa(max(ref.Nth, 1))},
	}.Encode()
}

// seen returns a page in which no character hides that could make others look like something else.
func seen(page []byte) []byte {
	return []byte(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || !rules.Invisible(r):
			return r
		case r == '\r' || r == 0x200b: // an end of line as Windows writes it; what keeps names of the chat from calling people
			return -1
		}
		return unicode.ReplacementChar
	}, string(page)))
}

func serveStyle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache")
	sum := sha256.Sum256(style)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(style) // who went away has no use for an error
}
