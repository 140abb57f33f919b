package bot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// link mends the address of a page in the place of the expression, where it carries one query, and a curl with such an address. What follows it
// stays.
func link(r *respelling) {
	end := r.words()
	if i := slices.IndexFunc(r.parts, func(p part) bool { return p.key == "expr" }); i >= 0 {
		mendLink(r, i, i+1, r.parts[i].value[r.parts[i].keyLen:])
		return
	}
	at := slices.IndexFunc(r.parts[:end], func(p part) bool { return linkTarget(p.value) != "" || strings.HasPrefix(p.value, "[") })
	if at < 1 || r.parts[0].key != "" || at > 1 && r.parts[1].keyword() != "curl" {
		return
	}
	if at > 2 && slices.ContainsFunc(r.parts[2:at], func(p part) bool { return !curlOption.MatchString(p.typed) }) {
		return
	}
	target := r.parts[at].value
	for at++; at < end && linkTarget(target) == ""; at++ { // the text of a link may have spaces
		target += " " + r.parts[at].value
	}
	mendLink(r, 1, at, target)
}

// curlOption is what is written behind curl and says nothing of the query.
var curlOption = regexp.MustCompile(`^(?:-[fGgkLSs]+|--get|--silent)$`)

// mendLink puts the one query that a link carries in its place.
func mendLink(r *respelling, first, end int, text string) {
	if queries := queriesOf(linkTarget(text)); len(queries) == 1 {
		r.replace(first, end, "expr="+quote(queries[0]), "The query of a link is taken, not the link.")
	}
}

// spacedExpression mends expr=up == 0 and `expr: up == 0` without quotes, before the options.
func spacedExpression(r *respelling) {
	i := slices.IndexFunc(r.parts, func(p part) bool { return (p.key == "expr" || p.optionWord() == "expr") && !p.quoted })
	if i < 0 {
		return
	}
	end := i + 1
	for end < len(r.parts) && !r.parts[end].isOption() {
		end++
	}
	if !r.bareOfFlags(i, end) {
		return
	}
	if r.parts[i].key == "" {
		if text := rules.SpelledExpression(typedOf(r.parts[i+1 : end])); rules.IsExpression(text) {
			r.replace(i, end, "expr="+quote(text), "An expression is given as expr=, with quotes around it.")
		}
		return
	}
	if text := typedOf(r.parts[i:end]); end > i+1 {
		text = rules.SpelledExpression(text[strings.IndexAny(text, "=＝")+firstSize(text[strings.IndexAny(text, "=＝"):]):])
		if rules.IsExpression(text) {
			r.replace(i, end, "expr="+quote(text), "An expression with spaces needs quotes around it.")
		}
	}
}

// bareExpression mends `up == 0` without expr= and quotes, before the options, and one in quotes.
func bareExpression(r *respelling) {
	end := r.words()
	if end < 2 || slices.ContainsFunc(r.parts, func(p part) bool { return p.key == "expr" }) {
		return
	}
	if !r.bareOfFlags(1, end) {
		return
	}
	text := typedOf(r.parts[1:end])
	if end == 2 && r.parts[1].quoted {
		text = r.parts[1].value
	}
	if !strings.ContainsAny(text, "<>=(") || !rules.IsExpression(text) {
		return
	}
	r.replace(1, end, "expr="+quote(text), "An expression is given as expr=, with quotes around it.")
}

// typedOf returns parts as they were typed, with single spaces between them.
func typedOf(parts []part) string {
	typed := make([]string, len(parts))
	for i, p := range parts {
		typed[i] = p.typed
	}
	return strings.Join(typed, " ")
}
