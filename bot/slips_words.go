package bot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// spacedDuration mends `5 min`, `1h 30m` and `for=5 min`.
func spacedDuration(r *respelling) {
	for i := 0; i+1 < len(r.parts); i++ {
		p := r.parts[i]
		before, text := "", p.value
		switch {
		case p.quoted || i == 0:
			continue
		case p.isOption():
			before, text = p.typed[:p.keyEnd-p.start], p.afterEquals()
		case p.key != "":
			continue
		}
		if text = fold(text); text == "" || text[0] < '0' || text[0] > '9' {
			continue
		}
		end, spelled := i+1, ""
		for j := i + 1; j < min(i+5, len(r.parts)) && r.parts[j].bare(); j++ {
			if sameUnit(text, r.parts[j].keyword()) {
				break // two times
			}
			text += " " + r.parts[j].keyword()
			if d, err := rules.ParseDuration("time", text); err == nil {
				end, spelled = j+1, rules.FormatDuration(d)
			}
		}
		if spelled != "" {
			r.replace(i, end, before+spelled, "A time is written without a space: "+spelled+".")
		}
	}
}

// sameUnit reports whether a time and what follows it are two times, and no 1h 30m.
func sameUnit(text, next string) bool {
	before, err := rules.ParseDuration("time", text)
	if err != nil {
		return false
	}
	after, err := rules.ParseDuration("time", next)
	unit := func(s string) string { return strings.TrimLeft(s[strings.LastIndexByte(s, ' ')+1:], "0123456789.") }
	return err == nil && (after >= before || unit(text) == unit(next))
}

// otherOptions are the names that other tools and people have for options.
var otherOptions = map[string]string{
	"runbook_url": "runbook", "annotation.runbook": "runbook", "desc": "description", "keep-firing-for": "keep_firing_for", "query": "expr",
	"expression": "expr", "ns": "namespace", "sev": "severity",
	"重要度": "severity", "しきい値": "threshold", "閾値": "threshold", "式": "expr", "理由": "reason", "説明": "description", "概要": "summary",
	"要約": "summary", "期限": "expires", "テンプレート": "template", "グループ": "group", "名前空間": "namespace",
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

// repeatedCommand mends `add add …` and `add rule …`.
func repeatedCommand(r *respelling) {
	for len(r.parts) > 2 && slices.Contains([]string{"add", "rule", "alert"}, r.parts[0].keyword()) {
		r.drop(0, "The command is said once, and not what it adds.")
	}
}

// roles are the words of an add, in their order, by the names that people give them as options.
var roles = [][]string{{"name", "alert", "alertname", "名前"}, {"label", "labels", "selector", "ラベル"}, {"pattern", "filter", "パターン"}, {"time", "window", "range", "時間"}}

// namedWords mends name=NAME, label=LABEL, pattern=PATTERN and time=TIME.
func namedWords(r *respelling) {
	var named [4]*part
	var others, options []part
	for _, p := range r.parts {
		role := slices.IndexFunc(roles, func(names []string) bool { return slices.Contains(names, p.key) })
		switch {
		case role >= 0 && named[role] == nil && p.afterEquals() != "":
			p.typed = p.afterEquals()
			named[role] = &p
		case p.isOption():
			options = append(options, p)
		default:
			others = append(others, p)
		}
	}
	var sorted []part
	for _, p := range named {
		switch {
		case p != nil:
			sorted = append(sorted, *p)
		case len(others) > 0:
			sorted, others = append(sorted, others[0]), others[1:]
		}
	}
	if len(sorted)+len(options) != len(r.parts) || !slices.ContainsFunc(named[:], func(p *part) bool { return p != nil }) {
		return
	}
	r.note(0, "NAME, LABEL, PATTERN and TIME are told by their order, without their names.")
	r.parts = slices.Concat(sorted, options)
	for i, p := range r.parts {
		if words, _, err := scanLine(p.typed, 0); err == nil && len(words) == 1 {
			r.parts[i].word = words[0]
		}
	}
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

// filterSigns are LogQL's signs before a pattern.
var filterSigns = map[string]string{"|=": "", "|~": "/"}

// logQLFilter mends `job=sshd |= "Ban" [5m]`.
func logQLFilter(r *respelling) {
	for i := 2; i+1 < len(r.parts); i++ {
		around, known := filterSigns[r.parts[i].typed]
		if next := r.parts[i+1]; known && next.key == "" {
			r.replace(i, i+2, quote(around+next.value+around), "A pattern is written without the sign of LogQL before it.")
		}
	}
}

var colonAtEnd = regexp.MustCompile(`^[A-Za-z_]\w*[:：]$`)

// spacedLabels mends `job: sshd`, `job=sshd, host=web`, and `job=sshd host=web` where PATTERN and TIME follow.
func spacedLabels(r *respelling) {
	if len(r.parts) > 2 && r.parts[1].bare() && colonAtEnd.MatchString(r.parts[1].typed) && r.parts[2].key == "" {
		r.replace(1, 3, strings.TrimRight(r.parts[1].typed, ":：")+"="+r.parts[2].typed, "A label is written with = and without spaces.")
	}
	for i := 1; i+1 < len(r.parts); {
		p, next := r.parts[i], r.parts[i+1]
		if next.keyword() == "and" && i+2 < len(r.parts) && p.key != "" && r.parts[i+2].key != "" {
			next = r.parts[i+2]
		}
		comma := strings.HasSuffix(p.typed, ",")
		follow := slices.IndexFunc(r.parts[i+1:], part.isTime)
		if p.key == "" || !p.isLabel() || next.key == "" || !next.isLabel() || !comma && follow < 2 {
			i++
			continue
		}
		end := i + 2
		if r.parts[i+1].at != next.at {
			end++
		}
		r.replace(i, end, strings.TrimSuffix(p.typed, ",")+","+next.typed, "Several labels are one word, with commas and no spaces between them.")
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

// spacedPattern mends a PATTERN of several words without quotes, as long as every one of them can only be text.
func spacedPattern(r *respelling) {
	last := r.words() - 1
	if last < 4 || !r.parts[last].isTime() || r.parts[0].key != "" || r.parts[1].quoted && r.parts[1].key == "" {
		return
	}
	words := r.parts[2:last]
	if slices.ContainsFunc(words, func(p part) bool { return p.quoted || p.suspicious() || p.isTime() }) ||
		!r.parts[1].isLabel() && slices.ContainsFunc(r.parts[:2], part.suspicious) {
		return
	}
	var values []string
	for _, p := range words {
		values = append(values, p.typed)
	}
	r.replace(2, last, quote(strings.Join(values, " ")), "Put quotes around a pattern that has spaces.")
}

// order puts NAME, LABEL, PATTERN and TIME into their order, where each can only be one of them.
func order(r *respelling) {
	var options, others []part
	var label, time *part
	for i, p := range r.parts {
		switch {
		case p.isOption():
			options = append(options, p)
		case p.isLabel() && label == nil:
			label = &r.parts[i]
		case p.isTime() && time == nil && i > 0:
			time = &r.parts[i]
		default:
			others = append(others, p)
		}
	}
	if label == nil || time == nil || len(others) != 2 || slices.ContainsFunc(others, part.suspicious) {
		return
	}
	name, pattern := others[0], others[1]
	switch {
	case name.quoted && !pattern.quoted:
		name, pattern = pattern, name
	case !pattern.quoted && name.at != r.parts[0].at: // either could be the name
		return
	}
	sorted := append([]part{name, *label, pattern, *time}, options...)
	for i, p := range sorted {
		if p.at != r.parts[i].at {
			r.note(i, "The order is NAME LABEL PATTERN TIME: the name comes first.")
			r.parts = sorted
			return
		}
	}
}
