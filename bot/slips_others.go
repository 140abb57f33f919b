package bot

import (
	"regexp"
	"slices"
	"strings"
)

// namesOf is how many names the command takes.
func (r *respelling) namesOf() int {
	if r.command == "rename" || r.command == "copy" {
		return 2
	}
	return 1
}

// repeatedName mends `edit edit NAME …` and `pause rule NAME`.
func repeatedName(r *respelling) {
	for len(r.parts) > r.namesOf() && r.parts[1].key == "" && slices.Contains([]string{r.command, "rule", "alert", "the"}, r.parts[0].keyword()) {
		r.drop(0, "The command is said once, and then comes the name.")
	}
}

// namedNames mends `rename name=NAME new=NEW`.
func namedNames(r *respelling) {
	for i := range min(r.namesOf(), len(r.parts)) {
		if p := r.parts[i]; slices.Contains([]string{"name", "rule", "alert", "alertname", "from", "old", "to", "new", "new_name", "as"}, p.key) && p.afterEquals() != "" {
			r.replace(i, i+1, p.afterEquals(), "Names are told by their order, without a key.")
		}
	}
}

// conditionLabels mends `where team=web`.
func conditionLabels(r *respelling) {
	where := slices.IndexFunc(r.parts, func(p part) bool { return p.keyword() == "where" || p.keyword() == "条件" })
	if where < 0 {
		return
	}
	for i := where + 1; i < len(r.parts); i++ {
		switch p := r.parts[i]; {
		case i+2 < len(r.parts) && p.key == "" && (r.parts[i+1].keyword() == "is" || r.parts[i+1].typed == "=="):
			key := p.typed
			if !isCondition(p.keyword()) {
				key = "label." + key
			}
			r.replace(i, i+3, key+"="+r.parts[i+2].typed, "A condition is written with =.")
		case p.key == "alertname" || p.key == "alert":
			r.replace(i, i+1, "name="+p.afterEquals(), "The name is chosen by name=.")
		case p.isLabel() && !isCondition(p.key) && !strings.Contains(p.key, "."):
			r.replace(i, i+1, "label."+p.typed, "A label is chosen by label.NAME=.")
		}
	}
}

// linking are the words that people put between the others.
var linking = []string{"to", "into", "in", "as", "set", "with", "from", "->", "=>", "→", ">"}

// fillers mends `rename NAME to NEW`, `move NAME into namespace N` and `edit NAME set severity to page`: up to the first prose.
func fillers(r *respelling) {
	for i := 1; i+1 < len(r.parts) && !r.parts[i].isProse() && !slices.Contains(texts, r.parts[i].optionWord()); {
		p := r.parts[i]
		comparison := p.typed == ">" && r.namesOf() == 1
		if !p.bare() || comparison || !slices.Contains(linking, p.keyword()) && !slices.Contains(linking, p.typed) {
			i++
			continue
		}
		r.drop(i, "Between names and options stand no other words.")
	}
}

var (
	dayOnly  = regexp.MustCompile(`^\d{4}-\d\d-\d\d$`)
	timeOnly = regexp.MustCompile(`^\d{1,2}:\d\d(?::\d\d)?$`)
)

// dateAndTime mends until=2027-01-01 09:00 without quotes.
func dateAndTime(r *respelling) {
	for i := 1; i+1 < len(r.parts); i++ {
		p, next := r.parts[i], r.parts[i+1]
		day := p.typed
		if p.key != "" {
			day = p.afterEquals()
		}
		if dayOnly.MatchString(day) && timeOnly.MatchString(next.typed) {
			r.replace(i, i+2, strings.TrimSuffix(p.typed, day)+quote(day+" "+next.typed), "A time with a space in it needs quotes around it.")
		}
	}
}

// aboveOption mends `threshold > 20`.
func aboveOption(r *respelling) {
	for i := 1; i+2 < len(r.parts); i++ {
		if r.parts[i].optionWord() == "threshold" && r.parts[i+1].typed == ">" && r.parts[i+2].bare() {
			r.replace(i, i+3, "threshold="+r.parts[i+2].typed, "How many lines are too many is given as threshold=.")
		}
	}
}

// bareSpan mends `pause NAME 2h` and `add NAME expr='up == 0' 5m`.
func bareSpan(r *respelling) {
	i := r.afterTime()
	if i < len(r.parts) && r.parts[i].isTime() && (r.command != addName || r.parts[i-1].key == "expr") {
		r.replace(i, i+1, "for="+r.parts[i].typed, "How long is given as for=.")
	}
}
