package bot

import (
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// takeSource returns the words of an add without its pasted YAML, which it puts into args. YAML may begin right behind the command's name.
func (c *call) takeSource() ([]word, error) {
	rest := strings.TrimLeftFunc(c.text[c.from:], isSpace)
	if ruleStart.MatchString(rest) {
		return nil, c.takeRest(len(c.text) - len(rest))
	}
	words, next, err := scanLine(c.text, c.from)
	if err != nil {
		return nil, err
	}
	return c.takeYAML(words, next)
}

// ruleStart is how a rule begins whose other lines follow it.
var ruleStart = regexp.MustCompile(`^(?:(?:-[ \x{3000}]+)?(?:groups|alert|record|rules|expr)[ \x{3000}]*[:：][^\n]*\n|[\[\s]*\{\s*"(?:groups|alert|record|name|rules|expr)"\s*:)`)

// takeRest takes everything from an offset of the text as pasted YAML. Of a fence with text around it, only the content is taken, and a
// closing fence without its beginning is left out.
func (c *call) takeRest(from int) error {
	end := len(c.text)
	if m := fenceInside.FindStringSubmatchIndex(c.text[from:]); m != nil && looksLikeYAML(c.text[from+m[4]:from+m[5]]) {
		if fenceInside.MatchString(c.text[from+m[1]:]) {
			return c.aroundYAML(from+m[1], "There is a second code fence. Send the YAML of one fence at a time.")
		}
		before, content, below := c.text[:from], c.text[from+m[4]:from+m[5]], from+m[1]
		if words := c.text[from : from+m[0]]; strings.TrimSpace(words) != "" {
			return c.aroundYAML(from, leaveOut, before+"\n"+content)
		}
		if strings.TrimSpace(c.text[below:]) != "" {
			return c.aroundYAML(below, leaveOut, before+"\n"+content)
		}
		from, end = from+m[4], from+m[5]
	} else if m := fenceBelow.FindStringIndex(c.text[from:]); m != nil {
		end = from + m[0] + 1
	}
	c.args["yaml"] = argument{value: c.text[from:end], start: from, end: end, place: func(offset int) int { return from + offset }}
	return nil
}

// leaveOut is said of words around pasted YAML: nothing that was typed is silently left out.
const leaveOut = "Beside the YAML only options can stand, and one fence with YAML at a time: leave the rest out."

// aroundYAML is the error about something around pasted YAML.
func (c *call) aroundYAML(at int, text string, commands ...string) error {
	c.args["yaml"] = argument{start: len(c.text), end: len(c.text)} // there is YAML: its words are not to be spelled anew
	return mistake(at, text, commands...)
}

// fenceInside is a code fence on lines of its own, and fenceBelow one at the very end.
var (
	fenceInside = regexp.MustCompile("(?s)(^|\n)(?:```|~~~)[a-z]*[ \t]*\n(.*?)(?:\n)(?:```|~~~)[ \t]*(?:\n|$)")
	fenceBelow  = regexp.MustCompile("\n(?:```+|~~~+)\\s*$")
)

// takeYAML looks for pasted YAML: a code fence as the only word beside options, or the lines below a first line with
// only options. It puts it into args and returns the other words; without YAML it returns the words of all lines.
func (c *call) takeYAML(words []word, next int) ([]word, error) {
	below := strings.TrimSpace(c.text[next:])
	bare := 0
	for i, w := range words {
		if w.fenced && w.key == "" && (looksLikeYAML(w.value) || strings.Contains(w.value, "\n")) {
			c.args["yaml"] = w.whole()
			more, err := scanAll(c.text, next)
			return append(append(words[:i:i], words[i+1:]...), more...), err
		}
		if _, known := findOption(w.key); !known {
			bare++
		}
	}
	if below == "" || bare > 0 && !looksLikeYAML(below) {
		more, err := scanAll(c.text, next)
		return append(words, more...), err
	}
	if strings.HasPrefix(below, "```") || strings.HasPrefix(below, "~~~") {
		more, err := scanAll(c.text, next)
		if err != nil {
			return nil, err
		}
		c.args["yaml"] = more[0].whole()
		prose := slices.IndexFunc(more[1:], func(w word) bool { return !isOption(w.key) })
		if prose < 0 {
			return append(words, more[1:]...), nil
		}
		if slices.ContainsFunc(more[1:], func(w word) bool { return w.fenced || isOption(w.key) }) {
			return nil, mistake(more[1+prose].start, leaveOut)
		}
		return nil, mistake(more[1+prose].start, leaveOut, c.text[:more[0].end])
	}
	return words, c.takeRest(next)
}

// yamlStart is how a pasted rule, list of rules, group or document begins, comments and a fence left out.
var yamlStart = regexp.MustCompile("^(?:\\s*(?:```[a-z]*|~~~[a-z]*|---|#[^\\n]*)\\n)*\\s*(?:-\\s+)?(?:groups|alert|record|name|rules|expr)\\s*[:：]")

// looksLikeYAML reports whether a text begins like pasted rules.
func looksLikeYAML(s string) bool { return yamlStart.MatchString(s) }

// onlyYAML returns an error when pasted YAML stands beside words or an expression.
func (c *call) onlyYAML(rest []word, expr bool) error {
	switch {
	case expr:
		return &rules.Error{Kind: rules.Invalid, Field: "expr", Offset: -1, Text: "The pasted YAML has its own expression: leave out expr=."}
	case c.args["template"].end > 0:
		return &rules.Error{Kind: rules.Invalid, Field: "template", Offset: -1, Text: "The pasted YAML has its own rules: leave out template=."}
	case len(rest) > 0:
		return c.args.unexpected(rest[0], addOptions(), "The pasted YAML has its own names and expressions: leave this word out.")
	}
	return nil
}
