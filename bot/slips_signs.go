package bot

import (
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// htmlQuotes are the ways in which HTML writes quotes and line breaks, and backslashed what JSON and shells make of a quote.
var (
	htmlQuotes  = regexp.MustCompile(`(?i)&(?:quot|apos|#34|#39|#x22|#x27|ldquo|rdquo|lsquo|rsquo);`)
	htmlBreak   = regexp.MustCompile(`(?i)<br ?/?>`)
	backslashed = strings.NewReplacer(`\"`, `"`, `\'`, `'`)
)

// unescapedQuotes returns a text without quotes of its own in which those that it has were escaped for HTML, JSON or a shell; else as it is.
func unescapedQuotes(text string) string {
	if bare := strings.NewReplacer(`\"`, "", `\'`, "").Replace(text); strings.ContainsAny(bare, "\"'`“”") {
		return text
	}
	if htmlQuotes.MatchString(text) || htmlBreak.MatchString(text) {
		return html.UnescapeString(htmlBreak.ReplaceAllString(text, " "))
	}
	return backslashed.Replace(text)
}

const aroundWords = "What belongs to the text around a word is left out: punctuation, emphasis, links, line ends of a shell."

// marks takes the marks off that belong to the text around the words: the punctuation of a sentence or a list, the emphasis and the links of
// Markdown, the backslashes at the ends of a shell's lines. A PATTERN and prose keep theirs.
func marks(r *respelling) {
	const why = aroundWords
	for i, p := range slices.Backward(r.parts) {
		last := i == len(r.parts)-1
		switch {
		case p.typed == `\` || last && i > 0 && strings.Trim(p.typed, punctuation+"`*") == "" && p.typed != "*":
			r.drop(i, why)
		case p.typed == "＊":
			r.replace(i, i+1, "*", why)
		}
	}
	if slices.ContainsFunc(r.parts, func(p part) bool { return p.key == "expr" && !p.quoted && rules.IsExpression(p.afterEquals()) }) {
		return
	}
	listed := r.command == addName && len(r.parts) > 1 && endsInComma(r.parts[0].typed)
	for i, p := range r.parts {
		typed := p.typed
		switch {
		case p.key == "" && p.quoted:
			typed = strings.TrimRight(typed, punctuation)
		case p.key != "":
			typed = markless(p)
		case i == 0:
			typed = strings.TrimRight(unmarked(typed), ",:;、，；：")
		case r.command != addName && p.bare() && strings.Trim(typed, "-=>→"+punctuation) != "":
			typed = strings.TrimRight(unmarked(typed), punctuation)
		case i == r.words()-1 && unbracketed(typed) != typed && isDuration(unbracketed(typed)):
			typed = unbracketed(typed)
		case listed:
			typed = strings.TrimRight(typed, ",、，")
		}
		if typed != p.typed && typed != "" {
			r.replace(i, i+1, typed, why)
		}
	}
}

func endsInComma(s string) bool {
	return strings.HasSuffix(s, ",") || strings.HasSuffix(s, "、") || strings.HasSuffix(s, "，")
}

// unbracketed returns a word without the brackets of a range and the punctuation around it.
func unbracketed(s string) string {
	s = strings.TrimRight(s, "`*"+punctuation)
	if m := bracketed.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return s
}

var bracketed = regexp.MustCompile(`^(?:\[|\()?([^\[\]()]+)(?:\]|\))?$`)

func isDuration(s string) bool {
	d, err := rules.ParseDuration("time", fold(s))
	return err == nil && d > 0
}

// markless returns `key=value` without the marks that belong to neither.
func markless(p part) string {
	key, value := p.typed[:p.keyEnd-p.start], p.afterEquals()
	switch {
	case p.quoted && !strings.HasSuffix(value, ")"):
		return key + strings.TrimRight(value, punctuation)
	case p.isProse() || p.key == "expr" || p.quoted:
		return p.typed
	case p.key == "runbook" || p.key == "runbook_url":
		if target := linkTarget(value); target != "" {
			value = target
		}
		return key + value
	}
	if value = strings.TrimLeft(value, "="); isOption(p.key) && p.key != "threshold" {
		value = strings.TrimLeft(value, ">")
	}
	if trimmed := strings.TrimRight(value, punctuation); p.isLabel() && !endsInComma(value) {
		value = unmarked(value) // a dot may end a regular expression
	} else {
		value = unmarked(trimmed)
	}
	return key + value
}

var (
	markdownLink = regexp.MustCompile(`^\[([^\[\]]+)\]\((?:https?://|mailto:)[^()\s]*\)$`)
	emphasized   = regexp.MustCompile(`^(\*{1,3}|_{1,2}|~~)([^*_~].*?)(\*{1,3}|_{1,2}|~~)$`)
)

// unmarked returns a word without the emphasis, the link and the escapes that Markdown puts around and into it.
func unmarked(s string) string {
	if m := markdownLink.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if m := emphasized.FindStringSubmatch(s); m != nil && m[1] == m[3] {
		s = m[2]
	}
	return strings.NewReplacer(`\_`, "_", `\*`, "*", `\-`, "-").Replace(s)
}

var (
	flagged  = regexp.MustCompile(`^/(.+)/[gmsu]*i[gmsu]*$`)
	globbed  = regexp.MustCompile(`^\.?\*+([\pL\pN _-]+?)(?:\.?\*+)?$|^([\pL\pN _-]+?)\.?\*+$`)
	slashed  = "A regular expression takes no letters behind its slash: (?i) in it ignores case."
	anywhere = "PATTERN is looked for anywhere in a line, so that it needs no stars around it."
)

// patternSigns mends /failed/i, and *Ban* and .*Ban.* without quotes.
func patternSigns(r *respelling) {
	if r.words() < 4 || !r.parts[3].isTime() {
		return
	}
	p := r.parts[2]
	if m := flagged.FindStringSubmatch(p.value); m != nil && !strings.Contains(strings.ReplaceAll(m[1], `\/`, ""), "/") {
		r.replace(2, 3, quote("/(?i)"+strings.TrimPrefix(m[1], "(?i)")+"/"), slashed)
	} else if m := globbed.FindStringSubmatch(p.value); m != nil && !p.quoted {
		r.replace(2, 3, quote(m[1]+m[2]), anywhere)
	}
}

// dashes mends --for=1m.
func dashes(r *respelling) {
	for i, p := range r.parts {
		typed := strings.TrimLeft(p.typed, "-–—－")
		if typed == p.typed || p.quoted && p.key == "" {
			continue
		}
		key := strings.TrimRight(typed, ":")
		if end := strings.IndexAny(typed, "=＝："); end >= 0 {
			key = typed[:end]
		}
		if key = optionKey(fold(key)); isOption(key) || key == "name" {
			r.replace(i, i+1, typed, "Options are written without dashes.")
		}
	}
}

// spacedEquals mends `severity = critical`, `severity= critical` and `severity =critical`, also where it is an arrow.
func spacedEquals(r *respelling) {
	const why = "Write no spaces around the = of a label or an option."
	isKey := func(p part) bool {
		return p.bare() && !strings.ContainsFunc(p.value, func(c rune) bool { return !isKeyRune(c) })
	}
	for i := 0; i+1 < len(r.parts); i++ {
		switch p, next := r.parts[i], r.parts[i+1]; {
		case isKey(p) && i > 0 && isArrow(next.typed) && i+2 < len(r.parts) && r.parts[i+2].key == "":
			r.replace(i, i+3, p.typed+"="+r.parts[i+2].typed, why)
		case p.key != "" && !p.quoted && strings.HasSuffix(p.typed, "=") && p.afterEquals() == "" && next.key == "":
			r.replace(i, i+2, p.typed+next.typed, why)
		case isKey(p) && i > 0 && len(next.typed) > 1 && next.typed[0] == '=' && next.typed[1] != '=' && next.typed[1] != '~':
			r.replace(i, i+2, p.typed+next.typed, why)
		}
	}
}

// isArrow reports whether a word of its own can only be the sign between an option and its value.
func isArrow(s string) bool { return s == "=" || s == "=>" || s == ":=" || s == "->" || s == "→" }

// gluedColon is an option with a colon, in any of its ways, between name and value.
var gluedColon = regexp.MustCompile(`^([A-Za-z_]+(?:\.\w+)?)(?::=|[:：])(.+)$`)

// optionWithoutEquals mends `for 1m`, `for: 1m` and `for:1m` after TIME, and `expr 'up == 0'` after NAME.
func optionWithoutEquals(r *respelling) {
	for i := 1; i < len(r.parts); i++ {
		if m := gluedColon.FindStringSubmatch(r.parts[i].typed); m != nil && i >= r.afterTime() && isOption(optionKey(m[1])) && r.parts[i].key == "" {
			r.replace(i, i+1, m[1]+"="+m[2], "An option is written with =: "+m[1]+"=….")
		}
		if i+1 == len(r.parts) {
			return
		}
		name, next := r.parts[i].optionWord(), r.parts[i+1]
		if name == "" || next.key != "" || name == "expr" && !next.quoted || name != "expr" && i < r.afterTime() {
			continue
		}
		r.replace(i, i+2, name+"="+next.typed, "An option is written with =: "+name+"=….")
	}
}
