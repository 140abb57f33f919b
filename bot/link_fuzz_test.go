package bot

import (
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// linksTo returns addresses of pages that show a query, as Prometheus, Loki, Alertmanager and Grafana write them.
func linksTo(query string) map[string]string {
	escaped := url.QueryEscape(query)
	object := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // texts
		}
		return url.QueryEscape(string(text))
	}
	targets := map[string]any{"queries": []any{map[string]any{"refId": "A", "expr": query}}, "range": map[string]any{"from": "now-1h"}}
	return map[string]string{
		"Prometheus":    "https://prometheus.example/graph?g0.expr=" + escaped + "&g0.tab=1&g0.range_input=1h",
		"Prometheus 3":  "https://prometheus.example/query?g0.expr=" + escaped + "&g0.show_tree=0",
		"the API":       "https://loki.example/loki/api/v1/query_range?limit=5&query=" + escaped,
		"Explore":       "https://grafana.example/explore?orgId=1&left=" + object(targets),
		"Explore 10":    "https://grafana.example/explore?schemaVersion=1&panes=" + object(map[string]any{"x7": targets}),
		"the old graph": "https://prometheus.example/graph#" + url.PathEscape(`[{"expr":`+quoteString(url.PathEscape(query))+`,"tab":0}]`),
	}
}

// FuzzLink holds that the query in a link is found whatever it says, also where the link was escaped for HTML or put in brackets, and that of any
// other text no query comes that is empty, unclean or there twice.
func FuzzLink(f *testing.F) {
	for _, seed := range []string{
		"up == 0", `sum(rate({job="x"} |= "a&b" [5m])) > 3`, `a{b=~"c+d%20"}`, "日本語", " \n", "x&amp;y", `"`, "a#b?c=d&e", "g0.expr=1", "[]", "{}", "\u2028<>",
		"https://grafana.example/explore?left=%7B%22queries%22%3A%5B%7B%22expr%22%3A%22up%22%7D%5D%7D", "[see](https://prometheus.example/graph?g0.expr=up)",
		"https://alertmanager.example/#/alerts?filter=%7Balertname%3D%22x%22%7D", "http://[::1", "https://x/%zz?expr=%zz",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, address := range []string{text, linkTarget(text)} {
			found := queriesOf(address)
			for i, query := range found {
				if query == "" || strings.TrimSpace(query) != query || slices.Contains(found[:i], query) {
					t.Errorf("%q has the queries %q", address, found)
				}
			}
		}
		if target := linkTarget(text); target != "" && !isLink(target) {
			t.Errorf("%q is a link to %q", text, target)
		}
		query := strings.TrimSpace(text)
		if !utf8.ValidString(text) || query == "" {
			return
		}
		for from, address := range linksTo(text) {
			for how, typed := range map[string]string{"bare": address, "in brackets": "<" + address + ">", "of Markdown": "[a panel](" + address + ")", "of HTML": html.EscapeString(address)} {
				if got := queriesOf(linkTarget(typed)); len(got) != 1 || got[0] != query {
					t.Errorf("a link of %s, %s: %q has the queries %q, want %q", from, how, typed, got, query)
				}
			}
		}
	})
}
