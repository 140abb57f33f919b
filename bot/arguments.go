package bot

import (
	"slices"

	"github.com/alertsmith/alertsmith/rules"
)

// argument is one argument of a command with its place in the text.
type argument struct {
	value      string
	start, end int // its bytes in the text: what a correction replaces
	place      func(offset int) int
	quoted     bool
}

// arguments are a command's, by the Field that an error names: "name", "label", "expr", "for" and so on.
type arguments map[string]argument

// fieldUnknown is the Field of an error about a word that has no meaning in its place.
const fieldUnknown = "unknown"

// whole returns a word as an argument.
func (w word) whole() argument {
	return argument{value: w.value, start: w.start, end: w.end, place: w.place, quoted: w.quoted}
}

// afterKey returns what follows `key=` as an argument.
func (w word) afterKey() argument {
	place := func(offset int) int { return w.place(offset + w.keyLen) }
	return argument{value: w.value[w.keyLen:], start: w.keyEnd, end: w.end, place: place, quoted: w.quoted}
}

// takeOptions parts words into options, which it puts into args by name, and the rest. It fails at an option that the
// command does not take or that is given twice. A word `x=y` whose key is no option at all stays in the rest: only the
// command knows whether it can be a label there.
func (args arguments) takeOptions(words []word, allowed []string) (rest []word, err error) {
	labels := slices.Contains(allowed, "expr") // a word such as action=login may be a label
	for _, w := range args.takeFlag(words, flagDry) {
		o, known := findOption(w.key)
		known = known && (o.set != nil || !labels || o.name == "page")
		if w.key == "" || !known {
			rest = append(rest, w)
			continue
		}
		if !slices.Contains(allowed, o.name) {
			args[fieldUnknown] = w.whole()
			return nil, unknownOption(w, allowed)
		}
		if _, twice := args[w.key]; twice {
			return nil, args.twice(w)
		}
		arg := w.afterKey()
		if o.name == "reason" {
			arg.value = redact(arg.value) // it goes to places that others read: the commit, the journal's page, the channel
		}
		args[w.key] = arg
	}
	return rest, nil
}

// twice returns the error for an option or parameter that is given again.
func (args arguments) twice(w word) error {
	args[fieldUnknown] = w.whole()
	return &rules.Error{Kind: rules.Invalid, Text: w.key + "= is given twice.", Field: fieldUnknown}
}

// unexpected returns the error for a word that has no meaning in its place.
func (args arguments) unexpected(w word, allowed []string, text string) error {
	args[fieldUnknown] = w.whole()
	if flag, _ := w.flag(); w.key != "" && flag == "" {
		return unknownOption(w, allowed)
	}
	if w.likeFlag() {
		text = likeFlagText
	}
	return &rules.Error{Kind: rules.Invalid, Text: text, Field: fieldUnknown}
}
