package bot

import (
	"errors"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"github.com/alertsmith/alertsmith/rules"
)

// errorText says what is wrong with a command, shows the place with a caret under it, and gives corrected lines to copy.
func (c *call) errorText(err error) string {
	var e *rules.Error
	if !errors.As(err, &e) { // what comes after a commit is no error, but an outcome
		return "Nothing was changed: " + publicText(err) + ", under the request " + code(c.request.ID) + "."
	}
	var b strings.Builder
	b.WriteString(c.takenText())
	show := escape
	if e.Kind == rules.Unavailable {
		show = prose
	}
	b.WriteString(show(cut(e.Text, 2000)))
	if e.Detail != "" {
		b.WriteString("\n" + fence("diff", cut(e.Detail, 6000)))
	}
	if len(e.Shell) > 0 {
		b.WriteString("\n" + fence("", strings.Join(e.Shell, "\n")))
	}
	writeList(&b, withBreak(&b, e.Problems), "to be mended", problemText)
	if at, ok := c.placeOf(e); ok {
		b.WriteString("\n" + fence("", c.pointAt(at)))
	}
	if lines := c.corrected(e); len(lines) > 0 {
		b.WriteString("\nTry:")
		for _, line := range lines {
			b.WriteString("\n" + fence("", line))
		}
	}
	return b.String()
}

// withBreak begins a new line for the problems, if there are any.
func withBreak(b *strings.Builder, problems []rules.Problem) []rules.Problem {
	if len(problems) > 0 {
		b.WriteByte('\n')
	}
	return problems
}

// placeOf returns where in the command's text an error is, and false when it is about nothing that was typed.
func (c *call) placeOf(e *rules.Error) (int, bool) {
	if e.Field == wholeCommand {
		return min(e.Offset, len(c.text)), e.Offset >= 0
	}
	arg, typed := c.argument(e.Field)
	if !typed {
		return 0, false
	}
	if e.Offset < 0 && e.Field == "yaml" {
		return 0, false // the whole text: a caret would only mislead
	}
	return max(0, min(arg.place(max(e.Offset, 0)), len(c.text))), true
}

// argument returns what was typed for a field: severity= may have been typed as label.severity=.
func (c *call) argument(field string) (argument, bool) {
	for _, name := range []string{field, "label." + field, "annotation." + field} {
		if arg, typed := c.args[name]; typed {
			return arg, true
		}
	}
	arg, typed := c.args["annotation.runbook_url"]
	return arg, typed && field == "runbook"
}

// fixesShown is how many corrected lines an error shows.
const fixesShown = 5

// maxLine is how long a corrected line may be, in bytes: a longer one is no help.
const maxLine = 3000

// moreMistakes is how many further mistakes, each with one correction, a corrected line may have.
const moreMistakes = 2

// corrected returns the command as it would do, once for every value that the error suggests. Every line was parsed again: what would be
// refused, or would mean something else, is not offered.
func (c *call) corrected(e *rules.Error) []string {
	var lines []string
	for _, fix := range e.Fixes[:min(len(e.Fixes), fixesShown)] {
		line, ok := c.working(e, fix, moreMistakes)
		if line = c.trigger + " " + c.withDry(line); ok && len(line) <= maxLine && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// working returns the command with a correction, and with those of the mistakes that it has besides; false when it would not parse.
func (c *call) working(e *rules.Error, fix string, more int) (string, bool) {
	line, ok := c.with(e, fix)
	if !ok {
		return "", false
	}
	if line = copied(strings.TrimSpace(line)); len(line) > maxLine { // nobody copies it, and to parse it takes time
		return "", false
	}
	other, err := c.check(line)
	if err = other.meant(err); err == nil {
		err = other.planned()
	}
	var next *rules.Error
	switch {
	case err == nil:
		return line, true
	case more == 0 || !errors.As(err, &next) || len(next.Fixes) != 1:
		return "", false
	}
	return other.working(next, next.Fixes[0], more-1)
}

// with returns the command's text with a correction; false when it is about nothing that was typed or can be.
func (c *call) with(e *rules.Error, fix string) (string, bool) {
	arg, typed := c.argument(e.Field)
	switch {
	case e.Field == "" || e.Field == wholeCommand:
		return fix, true
	case (e.Field == fieldUnknown || e.Field == "label") && typed:
		return c.text[:arg.start] + requoted(fix) + c.text[arg.end:], true
	case typed && e.Field == "yaml":
		first := strings.TrimSpace(c.text[:arg.start]) + " " + strings.TrimSpace(c.text[arg.end:])
		return strings.TrimSpace(first) + "\n" + strings.TrimLeft(fix, "\n"), true
	case typed:
		return c.text[:arg.start] + quote(fix) + c.text[arg.end:], true
	case isOption(e.Field):
		first, below, found := strings.Cut(c.text, "\n")
		line := strings.TrimRightFunc(first, isSpace) + " " + e.Field + "=" + quote(fix)
		if found {
			line += "\n" + below
		}
		return line, true
	}
	return "", false
}

// requoted returns a correction of an unknown word, which comes as it is to be typed: `severity=critical`, "a=b", or a text
// that needs quotes.
func requoted(fix string) string {
	if words, err := scanAll(fix, 0); err == nil && len(words) == 1 {
		return fix
	}
	return quote(fix)
}

// around is how many runes of a long line are shown before and after the caret.
const around = 60

// pointAt returns the line of the command in which the byte at an offset stands, and a caret under it. The text is shown
// as it was typed, since only its author reads it, but with what is hidden made visible; wide characters take two columns.
func (c *call) pointAt(at int) string {
	for at > 0 && at < len(c.text) && !utf8.RuneStart(c.text[at]) {
		at--
	}
	lineStart := strings.LastIndexByte(c.text[:at], '\n') + 1
	before, after := c.text[lineStart:at], c.text[at:]
	if i := strings.IndexByte(after, '\n'); i >= 0 {
		after = after[:i]
	}
	before, after = visible(lastRunes(before)), visible(firstRunes(after))
	if lineStart == 0 && !strings.HasPrefix(before, "…") {
		before = c.trigger + " " + before
	}
	return before + after + "\n" + strings.Repeat(" ", columns(before)) + "^"
}

// lastRunes returns the end of a long text, with a sign that something is missing.
func lastRunes(s string) string {
	for i, n := len(s), 0; i > 0; n++ {
		if n == around {
			return "…" + s[i:]
		}
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s
}

// firstRunes returns the beginning of a long text, with a sign that something is missing.
func firstRunes(s string) string {
	n := 0
	for i := range s {
		if n == around {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// columns returns how many columns a text takes in a font of fixed width.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case kind == width.EastAsianWide || kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
