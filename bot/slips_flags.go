package bot

import (
	"slices"
	"strings"
)

// dryRun mends `dry run` and `-n` behind everything but options.
func dryRun(r *respelling) {
	end := len(r.parts)
	for end > 0 && r.parts[end-1].isOption() {
		end--
	}
	first := end - trailingFlag(r.parts[:end])
	if first < 1 || first == end || !r.parts[end-1].bare() || first == end-1 && r.parts[first].undashed() != "n" {
		return
	}
	r.replace(first, end, flagDry, "That nothing is to be changed is said by "+flagDry+".")
	r.flags = append(r.flags, r.parts[first])
	r.parts = slices.Delete(r.parts, first, first+1)
}

// bareOfFlags reports whether the words of an expression without quotes can all be a part of it. With one that could be a flag of another program,
// it is not certain.
func (r *respelling) bareOfFlags(first, end int) bool {
	for _, p := range r.parts[first:end] {
		if isFlag(p) {
			return false
		}
		r.sure = r.sure && !p.dashed()
	}
	return true
}

// trailingFlag returns how many of the last words are a flag, also one that is not written as ours are: `dry run`, `-n`. 0 for none.
func trailingFlag(parts []part) int {
	n := len(parts)
	switch {
	case n > 0 && isFlag(parts[n-1]):
		return 1
	case n > 1 && flagSpellings[parts[n-2].undashed()+parts[n-1].undashed()] == flagDry:
		return 2
	}
	return 0
}

// isFlag reports whether a word can be nothing but a flag, ours or that of another program. A language of expressions would take many for a part of
// it: `5 --force` is five less a negative metric.
func isFlag(p part) bool {
	flag, _ := p.flag()
	return flag != "" || p.dashed() && (p.undashed() == "n" || isDash(firstRune(p.value[firstSize(p.value):])))
}

// undashed returns a bare word in lower case, without dashes before it.
func (w word) undashed() string { return strings.TrimLeftFunc(w.keyword(), isDash) }

// withoutFlags returns a line without the flags and options at its end.
func withoutFlags(line string) string {
	for {
		before, last := cutLast(line)
		earlier, lastButOne := cutLast(before)
		key, _, found := strings.Cut(last, "=")
		cut := trailingFlag([]part{{word: word{value: lastButOne}}, {word: word{value: last}}})
		switch {
		case before == "" || cut == 2 && earlier == "":
			return line
		case cut == 2:
			line = earlier
		case cut == 1 || found && isOption(optionKey(key)):
			line = before
		default:
			return line
		}
	}
}

// cutLast returns the last word of a line and what stands before it.
func cutLast(line string) (before, last string) {
	line = strings.TrimRightFunc(line, isSpace)
	begin := strings.LastIndexFunc(line, isSpace)
	if begin < 0 {
		return "", line
	}
	return strings.TrimRightFunc(line[:begin], isSpace), line[begin+firstSize(line[begin:]):]
}
