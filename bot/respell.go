package bot

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alertsmith/alertsmith/rules"
)

// addName is the name of the command add, which is forgiven most.
const addName = "add"

// slip is one that is known.
type slip struct {
	mend   func(*respelling)
	always bool // it is looked for although the command parses: what it takes off nobody means
	sure   bool // what it makes of a command is the only thing that this can mean. An add is then taken so; else the line is offered
	in     []string
}

// The commands that some slips are made in.
var (
	adding   = []string{addName}
	altering = []string{addName, "edit", "copy"}
	others   = []string{"edit", "copy", "rename", "move", "pause", "resume", "delete"}
	all      = append(others, addName)
)

// respellings are the slips, in the order in which they are mended.
var respellings = []slip{
	{mend: dryRun, in: all},
	{mend: marks, in: all, always: true, sure: true},
	{mend: patternSigns, in: adding, always: true, sure: true},
	{mend: wideSeverity, in: altering, always: true, sure: true},
	{mend: dashes, in: all, sure: true},
	{mend: spacedEquals, in: all, sure: true},
	{mend: japaneseList, in: all},
	{mend: japaneseLabels, in: adding, always: true},
	{mend: japaneseKeys, in: all},
	{mend: link, in: adding, sure: true},
	{mend: dateAndTime, in: others},
	{mend: repeatedName, in: others},
	{mend: namedNames, in: others},
	{mend: conditionLabels, in: []string{"edit"}},
	{mend: fillers, in: others},
	{mend: particlesBetween, in: others},
	{mend: spacedDuration, in: all, sure: true},
	{mend: aboveOption, in: altering},
	{mend: optionWithoutEquals, in: all, sure: true},
	{mend: otherNames, in: all, sure: true},
	{mend: repeatedCommand, in: adding, sure: true},
	{mend: namedWords, in: adding, sure: true},
	{mend: spacedExpression, in: altering, sure: true},
	{mend: bareExpression, in: adding, sure: true},
	{mend: logQLFilter, in: adding},
	{mend: misspelt, in: adding},
	{mend: spacedLabels, in: adding},
	{mend: japaneseCounts, in: adding},
	{mend: aboveThreshold, in: altering},
	{mend: spacedText, in: all},
	{mend: bareSeverity, in: altering},
	{mend: bareSpan, in: []string{"pause", addName}},
	{mend: remarks, in: all},
	{mend: spacedPattern, in: adding},
	{mend: order, in: adding},
}

// respelling is a command on the way to what was meant.
type respelling struct {
	command string // its name
	parts   []part
	flags   []part // a flag stands anywhere and is a part of nothing: whatever becomes of the words, it stays as it was typed
	why     []string
	at      int    // the first place where it was wrong; -1 before
	from    int    // where in the command its words begin
	changes int    // how often it was changed
	sure    bool   // it can mean nothing else
	left    error  // why the line that it has become does not parse
	found   string // the line that parses; "" for none
}

// part is one word of a command that is being spelled anew.
type part struct {
	word
	typed string
	at    int // where it stood in the command
}

// respellingOf returns the words of a text, which begins at an offset of the command, as they are. force without dashes is a flag only where
// the command takes it: in a pattern it is a word like others.
func respellingOf(command string, forces bool, text string, from int, words []word) respelling {
	r := respelling{command: command, at: -1, from: from, sure: true}
	keep := len(words)
	if forces {
		keep = r.namesOf()
	}
	for _, w := range words {
		p := part{word: w, typed: text[w.start:w.end], at: from + w.start}
		if flag, _ := w.flag(); flag == flagDry || w.forces(len(r.parts), keep) {
			r.flags = append(r.flags, p)
		} else {
			r.parts = append(r.parts, p)
		}
	}
	return r
}

// error returns the error for a command with known slips, but without a line to offer: something else is wrong too. An error that has
// suggestions of its own comes back.
func (r *respelling) error(err error) error {
	if e, ok := errors.AsType[*rules.Error](err); ok && len(e.Fixes) > 0 || slices.Equal(r.why, []string{aroundWords}) {
		return err
	}
	why := r.why
	if left, ok := errors.AsType[*rules.Error](r.left); ok && !slices.Contains(why, left.Text) {
		why = append(why, left.Text)
	}
	return mistake(r.at, strings.Join(why, " "))
}

// line returns the words of the command, without its name.
func (r *respelling) line() string { return typedOf(slices.Concat(r.parts, r.flags)) }

// note says that the part at i was wrong, and why.
func (r *respelling) note(i int, why string) {
	r.changes++
	if r.at < 0 {
		r.at = r.from
		if i < len(r.parts) {
			r.at = r.parts[i].at
		}
	}
	if !slices.Contains(r.why, why) {
		r.why = append(r.why, why)
	}
}

// replace puts one word where the parts from first up to, not including, end stood.
func (r *respelling) replace(first, end int, typed, why string) {
	r.note(first, why)
	p := part{typed: typed, at: r.parts[first].at}
	if words, _, err := scanLine(typed, 0); err == nil && len(words) == 1 {
		p.word = words[0]
	}
	r.parts = slices.Replace(r.parts, first, end, p)
}

// replaceAll puts several words where the part at i stood.
func (r *respelling) replaceAll(i int, typed []string, why string) {
	for n, t := range typed {
		if n > 0 {
			r.parts = slices.Insert(r.parts, i+n, r.parts[i])
		}
		r.replace(i+n, i+n+1, t, why)
	}
}

// drop leaves the part at i out.
func (r *respelling) drop(i int, why string) {
	r.note(i, why)
	r.parts = slices.Delete(r.parts, i, i+1)
}

// bare reports whether a part is a word without quotes and key.
func (p part) bare() bool { return p.key == "" && !p.quoted && !strings.HasPrefix(p.value, "{") }

// afterEquals returns what was typed behind `key=`.
func (p part) afterEquals() string { return p.typed[p.keyEnd-p.start:] }

// isOption reports whether a part is an option.
func (p part) isOption() bool { return isOption(p.key) }

// isLabel reports whether a part can only be LABEL.
func (p part) isLabel() bool {
	return p.key != "" && p.key != "name" && !isOption(p.key) && nearest(p.key, addOptions()) == "" || strings.HasPrefix(p.value, "{")
}

// isTime reports whether a part can be TIME.
func (p part) isTime() bool {
	d, err := rules.ParseDuration("time", p.keyword())
	return p.bare() && err == nil && d > 0
}

// optionWord returns the option that a bare word names; "" for none.
func (p part) optionWord() string {
	key := optionKey(strings.TrimRight(fold(p.value), ":"))
	if o, known := findOption(key); p.bare() && known && o.set != nil && key != "label.X" && key != "annotation.X" {
		return key
	}
	return ""
}

// isProse reports whether a part is an option whose value is prose.
func (p part) isProse() bool {
	return slices.Contains(texts, p.key) || strings.HasPrefix(p.key, "annotation.")
}

// texts are the options whose values are prose.
var texts = []string{"summary", "description", "reason"}

// suspicious reports whether a bare word is rather something else than a piece of a text: an option, or a comparison.
func (p part) suspicious() bool {
	return p.optionWord() != "" || strings.ContainsAny(p.value, "=＝<>＜＞|&") || p.key != "" || strings.HasPrefix(p.value, "-") || strings.HasPrefix(p.value, "{") || timesOver.MatchString(p.keyword())
}

// words returns how many words without a key of an option the command begins with.
func (r *respelling) words() int {
	if n := slices.IndexFunc(r.parts, part.isOption); n >= 0 {
		return n
	}
	return len(r.parts)
}

// afterTime returns where the words after TIME, or after the expression, begin; in other commands than add, those after the name or names.
func (r *respelling) afterTime() int {
	switch r.command {
	case addName:
	case "rename", "copy":
		return min(2, len(r.parts))
	default:
		return min(1, len(r.parts))
	}
	for i, p := range r.parts {
		if p.key == "expr" || i > 2 && p.isTime() {
			return i + 1
		}
	}
	return len(r.parts)
}

// firstSize returns the length in bytes of the first character of a text.
func firstSize(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
