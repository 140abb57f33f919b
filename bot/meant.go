package bot

import (
	"errors"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// meant returns the error for an add that is no add, with the line that was probably meant instead of the error's own suggestions. A line is
// offered only where it parses, and says what was typed: nothing is guessed, no value is made up. Else err comes back.
func (c *call) meant(err error) error {
	words, scanErr := scanAll(c.text, c.from)
	if scanErr != nil || len(words) > 100 || c.args["yaml"].end > 0 || !errors.As(err, new(*rules.Error)) {
		return err
	}
	r := respellingOf(c.text, words)
	for _, step := range respellings {
		step(&r)
		if r.at < 0 {
			continue
		}
		if line := "add " + r.line(); works(c.check(line)) {
			return mistake(r.at, strings.Join(r.why, " "), line)
		}
	}
	if r.at >= 0 && len(r.why) > 0 { // what is known to be wrong, and no line, as something else is wrong too
		return mistake(r.at, strings.Join(r.why, " "))
	}
	return err
}

// check parses a line as if it had been typed. It returns the call that it makes, and why it would not parse, or would not mean what
// its words say; nil when all is well.
func (c *call) check(line string) (*call, error) {
	other := *c
	other.text, other.args = line, arguments{}
	command, from, err := lookUp(c.table, c.trigger, line)
	if err != nil || command.Check == nil {
		return &other, err
	}
	other.from = from
	return &other, command.Check(&other)
}

// checkAdd is the check of an add.
func checkAdd(c *call) error {
	add, err := parseAdd(c)
	if err != nil || add.Log == nil {
		return err
	}
	if label := c.args["label"]; label.quoted && add.Log.Label != "" && add.Log.Label[0] != '{' && strings.Contains(add.Log.Label, "=") && strings.IndexByte("{\"'`“", c.text[label.start]) > 0 {
		return errors.New("the label was text")
	}
	return nil
}

// works reports whether a line was checked without an error.
func works(_ *call, err error) bool { return err == nil }

// part is one word of a command that is being spelled anew.
type part struct {
	word
	typed string
	at    int // where it stood in the text
}

// respelling is a command on the way to what was meant.
type respelling struct {
	parts []part
	why   []string
	at    int // the first place where it was wrong; -1 before
}

// respellingOf returns the words of a text as they are.
func respellingOf(text string, words []word) respelling {
	r := respelling{at: -1}
	for _, w := range words {
		r.parts = append(r.parts, part{word: w, typed: text[w.start:w.end], at: w.start})
	}
	return r
}

func (r *respelling) line() string {
	typed := make([]string, len(r.parts))
	for i, p := range r.parts {
		typed[i] = p.typed
	}
	return strings.Join(typed, " ")
}

// replace puts one word where the parts from first up to, not including, end stood.
func (r *respelling) replace(first, end int, typed, why string) {
	at := r.parts[first].at
	if r.at < 0 {
		r.at = at
	}
	if !slices.Contains(r.why, why) {
		r.why = append(r.why, why)
	}
	p := part{typed: typed, at: at}
	if words, _, err := scanLine(typed, 0); err == nil && len(words) == 1 {
		p.word = words[0]
	}
	r.parts = slices.Replace(r.parts, first, end, p)
}

// bare reports whether a part is a word without quotes and key.
func (p part) bare() bool { return p.key == "" && !p.quoted && !strings.HasPrefix(p.value, "{") }

// isLabel reports whether a part can only be LABEL.
func (p part) isLabel() bool {
	return p.key != "" && p.key != "name" && p.key != "template" && !isOption(p.key) && nearest(p.key, addOptions()) == "" || strings.HasPrefix(p.value, "{")
}

// isTime reports whether a part can be TIME.
func (p part) isTime() bool {
	d, err := rules.ParseDuration("time", p.keyword())
	return p.bare() && err == nil && d > 0
}

// optionWord returns the option that a bare word names; "" for none.
func (p part) optionWord() string {
	if o, known := findOption(p.keyword()); p.bare() && known && o.set != nil && !strings.HasSuffix(o.name, ".X") {
		return o.name
	}
	return ""
}

// suspicious reports whether a bare word is rather something else than a piece of a text: an option, or a comparison.
func (p part) suspicious() bool {
	return p.optionWord() != "" || strings.ContainsAny(p.value, "=＝<>") || p.key != "" || strings.HasPrefix(p.value, "-") || strings.HasPrefix(p.value, "{")
}

// afterTime returns where the words after TIME, or after the expression, begin.
func (r *respelling) afterTime() int {
	for i, p := range r.parts {
		if p.key == "expr" || i > 1 && p.isTime() {
			return i + 1
		}
	}
	return len(r.parts)
}
