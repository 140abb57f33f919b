package bot

import (
	"errors"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
	"github.com/alertsmith/alertsmith/rules/expr"
)

// respellings are the slips that are known, in the order in which they are mended.
var respellings = []func(*respelling){
	dashes, spacedEquals, optionWithoutEquals, nameAsOption, spacedDuration, bareExpression, spacedLabels, spacedText, spacedPattern, order,
}

// dashes mends --for=1m.
func dashes(r *respelling) {
	for i, p := range r.parts {
		typed := strings.TrimLeft(p.typed, "-–—－")
		if typed == p.typed || p.quoted && p.key == "" {
			continue
		}
		key, _, _ := strings.Cut(typed, "=")
		if key = optionKey(fold(key)); isOption(key) || key == "name" {
			r.replace(i, i+1, typed, "Options are written without dashes.")
		}
	}
}

// spacedEquals mends `severity = critical`, `severity= critical` and `severity =critical`.
func spacedEquals(r *respelling) {
	const why = "Write no spaces around the = of a label or an option."
	isKey := func(p part) bool {
		return p.bare() && !strings.ContainsFunc(p.value, func(c rune) bool { return !isKeyRune(c) })
	}
	for i := 0; i+1 < len(r.parts); i++ {
		switch p, next := r.parts[i], r.parts[i+1]; {
		case isKey(p) && next.typed == "=" && i+2 < len(r.parts) && r.parts[i+2].key == "":
			r.replace(i, i+3, p.typed+"="+r.parts[i+2].typed, why)
		case p.key != "" && !p.quoted && strings.HasSuffix(p.typed, "=") && p.value == p.value[:p.keyLen] && next.key == "":
			r.replace(i, i+2, p.typed+next.typed, why)
		case isKey(p) && i > 0 && len(next.typed) > 1 && next.typed[0] == '=' && next.typed[1] != '=' && next.typed[1] != '~':
			r.replace(i, i+2, p.typed+next.typed, why)
		}
	}
}

// optionWithoutEquals mends `for 1m` after TIME, and `expr 'up == 0'` after NAME.
func optionWithoutEquals(r *respelling) {
	for i := 1; i+1 < len(r.parts); i++ {
		name, next := r.parts[i].optionWord(), r.parts[i+1]
		if name == "" || next.key != "" || name == "expr" && !next.quoted || name != "expr" && i < r.afterTime() {
			continue
		}
		r.replace(i, i+2, name+"="+next.typed, "An option is written with =: "+name+"=….")
	}
}

// nameAsOption mends name=NAME.
func nameAsOption(r *respelling) {
	for i, p := range r.parts {
		if p.key == "name" && p.keyEnd < p.end {
			r.replace(i, i+1, p.typed[p.keyEnd-p.start:], "The name of the rule comes first, without name=.")
			named := r.parts[i]
			r.parts = slices.Insert(slices.Delete(r.parts, i, i+1), 0, named)
			return
		}
	}
}

// spacedDuration mends `5 min`.
func spacedDuration(r *respelling) {
	for i := 1; i+1 < len(r.parts); i++ {
		number, unit := r.parts[i], r.parts[i+1]
		if !number.bare() || !unit.bare() || strings.Trim(number.keyword(), "0123456789") != "" || strings.ContainsAny(unit.keyword(), "0123456789") {
			continue
		}
		text := number.keyword() + unit.keyword()
		if _, err := rules.ParseDuration("time", text); err != nil {
			e, ok := errors.AsType[*rules.Error](err)
			if !ok || len(e.Fixes) != 1 {
				continue
			}
			text = e.Fixes[0]
		}
		r.replace(i, i+2, text, "A time is written without a space: "+text+".")
	}
}

// bareExpression mends `up == 0` without expr= and quotes, before the options.
func bareExpression(r *respelling) {
	end := 1
	for end < len(r.parts) && !isOption(r.parts[end].key) {
		end++
	}
	if end < 2 || slices.ContainsFunc(r.parts, func(p part) bool { return p.key == "expr" }) {
		return
	}
	var typed []string
	for _, p := range r.parts[1:end] {
		typed = append(typed, p.typed)
	}
	text := strings.Join(typed, " ")
	if !strings.ContainsAny(text, "<>=(") || !isExpression(text) {
		return
	}
	value := quote(text)
	if !strings.Contains(text, "'") {
		value = "'" + text + "'"
	}
	r.replace(1, end, "expr="+value, "An expression is given as expr=, with quotes around it.")
}

// isExpression reports whether a text is one of PromQL or LogQL.
func isExpression(text string) bool {
	return slices.ContainsFunc(expr.Dialects(), func(d expr.Dialect) bool {
		_, err := d.Canonical(text)
		return err == nil
	})
}

// spacedLabels mends `job=sshd, host=web`, and `job=sshd host=web` where PATTERN and TIME follow.
func spacedLabels(r *respelling) {
	for i := 1; i+1 < len(r.parts); {
		p, next := r.parts[i], r.parts[i+1]
		comma := strings.HasSuffix(p.typed, ",")
		follow := slices.IndexFunc(r.parts[i+1:], part.isTime)
		if p.key == "" || !p.isLabel() || next.key == "" || !next.isLabel() || !comma && follow < 2 {
			i++
			continue
		}
		r.replace(i, i+2, strings.TrimSuffix(p.typed, ",")+","+next.typed, "Several labels are one word, with commas and no spaces between them.")
	}
}

// texts are the options whose values are prose.
var texts = []string{"summary", "description", "reason"}

// spacedText mends summary=SSH login failed, where nothing but options follows.
func spacedText(r *respelling) {
	for i := 0; i+1 < len(r.parts); i++ {
		p := r.parts[i]
		prose := slices.Contains(texts, p.key) || strings.HasPrefix(p.key, "annotation.")
		if !prose || p.quoted {
			continue
		}
		end := i + 1
		for end < len(r.parts) && r.parts[end].bare() && !r.parts[end].suspicious() {
			end++
		}
		if end == i+1 || slices.ContainsFunc(r.parts[end:], func(p part) bool { return !isOption(p.key) }) {
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
	last := slices.IndexFunc(r.parts, func(p part) bool { return isOption(p.key) }) // where the options begin
	if last < 0 {
		last = len(r.parts)
	}
	last--
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
		case isOption(p.key):
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
	case name.at != r.parts[0].at: // either could be the name
		return
	}
	sorted := append([]part{name, *label, pattern, *time}, options...)
	for i, p := range sorted {
		if p.at != r.parts[i].at {
			if r.at < 0 {
				r.at = r.parts[i].at
			}
			r.parts = sorted
			r.why = append(r.why, "The order is NAME LABEL PATTERN TIME: the name comes first.")
			return
		}
	}
}
