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
