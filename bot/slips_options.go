package bot

import (
	"regexp"
	"slices"
	"strings"
)

// otherOptions are the names that other tools and people have for options.
var otherOptions = map[string]string{
	"runbook_url": "runbook", "annotation.runbook": "runbook", "desc": "description", "keep-firing-for": "keep_firing_for", "query": "expr",
	"expression": "expr", "ns": "namespace", "sev": "severity",
	"重要度": "severity", "しきい値": "threshold", "閾値": "threshold", "式": "expr", "理由": "reason", "説明": "description", "概要": "summary",
	"要約": "summary", "期限": "expires", "テンプレート": "template", "グループ": "group", "名前空間": "namespace",
	"重大度": "severity", "深刻度": "severity", "継続時間": "for", "持続時間": "for", "間隔": "interval", "手順書": "runbook",
}

// labelOfAlert is a label of the alert as it is written in other places.
var labelOfAlert = regexp.MustCompile(`^labels?([:.=])(\w+=.+)$`)

// otherNames mends runbook_url= and the like.
func otherNames(r *respelling) {
	for i, p := range r.parts {
		if own := otherOptions[p.key]; own != "" {
			r.replace(i, i+1, own+"="+p.afterEquals(), "It is called "+own+"=.")
		} else if m := labelOfAlert.FindStringSubmatch(p.value); m != nil && !p.isOption() && (m[1] != "=" || i >= r.afterTime()) {
			r.replaceAll(i, labelOptions(m[2]), "A label of the alert is given as label.NAME=.")
		}
	}
}

// labelOptions returns the options for one label, or several with commas between them.
func labelOptions(text string) (options []string) {
	all := strings.Split(text, ",")
	if slices.ContainsFunc(all, func(s string) bool { return !strings.Contains(s, "=") }) {
		all = []string{text}
	}
	for _, one := range all {
		key, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		options = append(options, "label."+key+"="+quote(value))
	}
	return options
}

// misspelt mends options with typing mistakes.
func misspelt(r *respelling) {
	for i, p := range r.parts {
		if p.key == "" || i == 0 || p.isOption() {
			continue
		}
		if near := nearest(p.key, addOptions()); near != "" && !strings.HasSuffix(near, ".X") {
			r.replace(i, i+1, near+"="+p.afterEquals(), "There is no option "+p.key+"=. Did you mean "+near+"=?")
		}
	}
}

// above is the comparison that a threshold is.
var above = regexp.MustCompile(`^(?:>|＞)\s*(\d+(?:\.\d+)?)$`)

// aboveThreshold mends `> 20` after TIME.
func aboveThreshold(r *respelling) {
	i := r.afterTime()
	if i >= len(r.parts) {
		return
	}
	end, typed := i+1, r.parts[i].typed
	if (typed == ">" || typed == "＞") && i+1 < len(r.parts) {
		end, typed = i+2, typed+r.parts[i+1].typed
	}
	if m := above.FindStringSubmatch(typed); m != nil {
		r.replace(i, end, "threshold="+m[1], "How many lines are too many is given as threshold=.")
	}
}

// bareSeverity mends a severity that stands alone after TIME.
func bareSeverity(r *respelling) {
	i := r.afterTime()
	if i == len(r.parts)-2 && r.parts[i].typed == "-s" {
		r.drop(i, "Options are written without dashes.")
	}
	if i == len(r.parts)-1 && slices.Contains([]string{"critical", "warning", "info", "error", "page"}, r.parts[i].keyword()) {
		r.replace(i, i+1, "severity="+r.parts[i].typed, "A severity is given as severity=.")
	}
}

// remarks mends words that follow TIME or the expression, and say why.
func remarks(r *respelling) {
	start := r.afterTime()
	if start < len(r.parts) && !slices.ContainsFunc(r.parts, func(p part) bool { return p.key == "reason" }) {
		for start < len(r.parts) && r.parts[start].isOption() {
			start++
		}
	}
	end := start
	for end < len(r.parts) && r.parts[end].bare() && (end == start && isComment(r.parts[end].typed) || !r.parts[end].suspicious()) {
		end++
	}
	if end == start || r.parts[start].isTime() || strings.Contains(typedOf(r.parts[start:end]), `"`) || slices.ContainsFunc(r.parts[end:], func(p part) bool { return !p.isOption() || p.key == "reason" }) {
		return
	}
	if slices.ContainsFunc(r.parts[start:end], isFlag) {
		return
	}
	if first := r.parts[start]; r.command != addName && !isComment(first.typed) && first.keyword() != "because" {
		return // it can as well be another name
	}
	var words []string
	for _, p := range r.parts[start:end] {
		if len(words) > 0 || !isComment(p.typed) && (r.command == addName || p.keyword() != "because") {
			words = append(words, p.typed)
		}
	}
	if len(words) > 0 {
		r.replace(start, end, "reason="+quote(strings.Join(words, " ")), "What follows is no option. If it says why, it is given as reason=.")
	}
}

func isComment(s string) bool { return s == "#" || s == "//" }

// spacedText mends summary=SSH login failed, where nothing but options follows.
func spacedText(r *respelling) {
	for i := 0; i+1 < len(r.parts); i++ {
		p := r.parts[i]
		if !p.isProse() || p.quoted {
			continue
		}
		end := i + 1
		for end < len(r.parts) && r.parts[end].bare() && !r.parts[end].suspicious() && !isFlag(r.parts[end]) {
			end++
		}
		if end == i+1 || slices.ContainsFunc(r.parts[end:], func(p part) bool { return !p.isOption() }) {
			continue
		}
		words := []string{p.value[p.keyLen:]}
		for _, more := range r.parts[i+1 : end] {
			words = append(words, more.value)
		}
		r.replace(i, end, p.typed[:p.keyEnd-p.start]+quote(strings.Join(words, " ")), "Put quotes around a text that has spaces.")
	}
}
