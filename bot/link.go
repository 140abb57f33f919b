package bot

import (
	"encoding/json"
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// isLink reports whether a text is the address of a page.
func isLink(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// linkTarget returns the address in a text that is one, as people paste it: bare, <in brackets>, or as a link of Markdown; "" for none.
func linkTarget(text string) string {
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, ")") {
		_, text, _ = strings.Cut(strings.TrimSuffix(text, ")"), "](")
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<"), ">")
	if !isLink(text) {
		return ""
	}
	return text
}

// queriesOf returns the queries that an address carries, each once, in its order: of Prometheus's graph (g0.expr=, in all its versions, Thanos and
// VictoriaMetrics included), of its and Loki's API (query=), of Grafana's Explore and alert form (JSON in left=, right=, panes=, defaults=), and
// the alerts that a link to Alertmanager or Prometheus's alert page selects.
func queriesOf(address string) []string {
	if strings.Contains(address, "&amp;") {
		address = html.UnescapeString(address)
	}
	link, err := url.Parse(address)
	if err != nil {
		return nil
	}
	fragment, below, _ := strings.Cut(link.Fragment, "?")
	var found []string
	for _, part := range []string{link.RawQuery, below} {
		for _, parameter := range parameters(part) {
			found = append(found, queriesIn(link.Path+fragment, parameter[0], parameter[1])...)
		}
	}
	var old any
	if json.Unmarshal([]byte(link.Fragment), &old) == nil {
		for _, query := range exprsIn(old, deepestJSON) {
			if plain, err := url.PathUnescape(query); err == nil {
				query = plain
			}
			found = append(found, query)
		}
	}
	var each []string
	for _, query := range found {
		if query = strings.TrimSpace(query); query != "" && !slices.Contains(each, query) {
			each = append(each, query)
		}
	}
	return each
}

// parameters returns the parameters of an address in their order, as pairs of name and value.
func parameters(query string) [][2]string {
	var all [][2]string
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			all = append(all, [2]string{name, plain})
		}
	}
	return all
}

// queriesIn returns the queries in one parameter of an address.
func queriesIn(path, name, value string) []string {
	alerts := strings.HasSuffix(path, "/alerts") || strings.HasSuffix(path, "/alerts/")
	switch {
	case strings.HasPrefix(name, "g") && strings.HasSuffix(name, ".expr"), name == "query", name == "expr":
		return []string{value}
	case alerts && name == "filter" && strings.HasPrefix(value, "{"):
		return []string{"ALERTS" + value}
	case alerts && name == "search" && value != "":
		return []string{"ALERTS{alertname=" + quoteString(value) + "}"}
	}
	var content any
	if json.Unmarshal([]byte(value), &content) != nil {
		return nil
	}
	return exprsIn(content, deepestJSON)
}

// quoteString returns a text as a string of PromQL.
func quoteString(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(quoted)
}

// deepestJSON is how deep queries are looked for in the JSON of an address: Grafana's lie five levels deep.
const deepestJSON = 12

// exprsIn returns the texts that JSON calls expr, in the order of its arrays and the names of its objects.
func exprsIn(content any, depth int) []string {
	var found []string
	switch content := content.(type) {
	case []any:
		for _, item := range content {
			if depth > 0 {
				found = append(found, exprsIn(item, depth-1)...)
			}
		}
	case map[string]any:
		if query, ok := content["expr"].(string); ok {
			found = append(found, query)
		}
		for _, name := range slices.Sorted(maps.Keys(content)) {
			if depth > 0 {
				found = append(found, exprsIn(content[name], depth-1)...)
			}
		}
	}
	return found
}

// linkError is the error about a link in the place of an expression, with the expressions that it carries.
func linkError(field, address string) *rules.Error {
	err := &rules.Error{Kind: rules.Invalid, Field: field, Offset: -1, Fixes: queriesOf(address)}
	switch len(err.Fixes) {
	case 0:
		err.Text = "This is a link and no expression, and it carries none. Copy the query itself."
	case 1:
		err.Text = "This is a link and no expression. This is the query in it."
	default:
		err.Text = "This is a link with several queries. Say which one."
	}
	return err
}

// linkForExpr is the error about a link that stands where the words of an add do.
func (c *call) linkForExpr(w word) error {
	c.args[fieldUnknown] = w.whole()
	err := linkError(fieldUnknown, linkTarget(w.value))
	for i, query := range err.Fixes {
		err.Fixes[i] = "expr=" + quote(query)
	}
	return err
}
