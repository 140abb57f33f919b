package bot

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

// logForm is `add NAME LABEL PATTERN TIME`.
func (c *call) logForm(add rules.Add, rest []word) (rules.Add, error) {
	rest, err := c.takeName(&add, rest)
	if err != nil {
		return add, err
	}
	if len(rest) == 1 && linkTarget(rest[0].value) != "" {
		return add, c.linkForExpr(rest[0])
	}
	rest = joinSlashes(c.text, rest)
	for i, field := range []string{"label", "pattern", "time"} {
		if i >= len(rest) {
			return add, c.missing(field)
		}
		if w := rest[i]; i > 0 && w.key != "" {
			if near := nearest(rest[0].key, addOptions()); near != "" {
				w = rest[0] // `servity=critical job=sshd …`: the first of the two is the slip
			}
			return add, c.args.unexpected(w, addOptions(), "")
		}
		c.args[field] = rest[i].whole()
	}
	if m := corners.FindStringSubmatch(rest[1].value); m != nil && !strings.ContainsFunc(c.text[rest[1].start:rest[1].end], isQuote) {
		return add, &rules.Error{Kind: rules.Invalid, Field: "pattern", Offset: -1, Fixes: []string{m[1] + m[2], rest[1].value},
			Text: "Are the brackets quotes around the pattern, or do the lines have them? Quotes are \"…\"."}
	}
	if err := c.args["pattern"].seen(); err != nil {
		return add, err
	}
	c.args["label"] = c.label(rest[0])
	if err := c.args["label"].equals("label"); err != nil {
		return add, err
	}
	if len(rest) > 3 {
		return add, c.tooMany(rest)
	}
	add.Log = &rules.LogForm{Label: c.args["label"].value, Pattern: c.args["pattern"].value, Time: c.args["time"].value}
	if !rest[2].quoted {
		add.Log.Time = fold(add.Log.Time)
	}
	if window, err := rules.ParseDuration("time", add.Log.Time); err != nil || window > 0 {
		return add, err
	}
	return add, &rules.Error{Kind: rules.Invalid, Field: "time", Offset: -1, Text: "The time to count over must be more than zero."}
}

// missing returns the error for a log form that ends too early.
func (c *call) missing(field string) error {
	what := map[string]string{
		"label":   "After the name comes LABEL, such as job=sshd (or expr='…' for any expression).",
		"pattern": `After LABEL comes PATTERN: a text in the line such as "Ban", a /regular expression/, or * for any line.`,
		"time":    "After PATTERN comes TIME, the window to count lines in, such as 5m.",
	}[field]
	end := strings.TrimRightFunc(c.text, isSpace)
	return mistake(len(end), what)
}

// label returns LABEL as an argument. Quotes around a label's value stay, as a comma may stand between them: job="a,b",host=c.
func (c *call) label(w word) argument {
	arg := w.whole()
	if typed := c.text[w.start:w.end]; w.key != "" && w.quoted && strings.ContainsAny(typed, "\"“") {
		arg.value = typed
		arg.place = func(offset int) int { return w.start + offset }
	}
	arg.value = rules.PlainSigns(arg.value)
	return arg
}

// colonLabel is a label that is written as in YAML or JSON; what stands behind the colon of job:9100 is a port.
var colonLabel = regexp.MustCompile(`^([A-Za-z_]\w*):(\pL[^=,:{}"]*)$`)

// equals returns an error for labels, the argument of a name, that were written so and without quotes.
func (a argument) equals(name string) error {
	m := colonLabel.FindStringSubmatch(rules.PlainSigns(a.value))
	if m == nil || a.quoted {
		return nil
	}
	return &rules.Error{Kind: rules.Invalid, Field: name, Offset: -1, Fixes: []string{m[1] + "=" + m[2]},
		Text: "A label is written with =: " + m[1] + "=" + m[2] + ". If the colon belongs to the job's name, put quotes around the word."}
}

// tooMany returns the error for more words than the log form has: most often PATTERN lacks its quotes.
func (c *call) tooMany(rest []word) error {
	for _, w := range rest[3:] {
		if w.key != "" {
			return c.besideExpr(w)
		}
	}
	c.args[fieldUnknown] = rest[3].whole()
	if n, err := strconv.Atoi(strings.Trim(rest[3].keyword(), "x×回")); err == nil && n > 0 && timesOver.MatchString(rest[3].keyword()) {
		return &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Fixes: []string{"threshold=" + strconv.Itoa(n-1), "threshold=" + strconv.Itoa(n)},
			Text: "How many lines are too many is given as threshold=: the alert fires when more than that are counted."}
	}
	return &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "After NAME come three words: LABEL, PATTERN and TIME. " +
		"Put quotes around a pattern that has spaces; options are written name=value."}
}

// corners are the brackets that are the quotes of Japanese, and stand in lines of a log too.
var corners = regexp.MustCompile(`^(?:「([^「」]+)」|『([^『』]+)』)$`)

// timesOver is how often something is to happen, in people's own words.
var timesOver = regexp.MustCompile(`^(?:[x×]\d{1,6}|\d{1,6}[x×回])$`)

// joinSlashes makes one word of a PATTERN such as /Failed password/ that was typed without quotes.
func joinSlashes(text string, rest []word) []word {
	if len(rest) < 4 || rest[1].quoted || !strings.HasPrefix(rest[1].value, "/") || strings.HasSuffix(rest[1].value[1:], "/") {
		return rest
	}
	for i, w := range rest[2:] {
		if strings.HasSuffix(text[w.start:w.end], "/") {
			whole := word{value: text[rest[1].start:w.end], start: rest[1].start, end: w.end, quoted: true,
				pieces: []piece{{0, rest[1].start}}}
			return append([]word{rest[0], whole}, rest[i+3:]...)
		}
	}
	return rest
}
