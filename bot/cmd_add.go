package bot

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/alertsmith/alertsmith/rules"
)

var addCommand = Command{
	Name:    "add",
	Spelled: []string{"create", "new", "追加"},
	Usage: []string{
		`add NAME LABEL PATTERN TIME [option=value …]`,
		`add NAME expr='EXPR' [option=value …]`,
		`add NAME template=T [parameter=value …] [option=value …]`,
		"add [option=value …] ⏎ YAML",
	},
	Summary: "Add a rule: count log lines, any PromQL or LogQL expression, from a template, or pasted YAML",
	Help: "LABEL is `job=sshd`, several joined by commas, a whole `{…}` selector, or a bare word, which means `job=word`.\n" +
		"PATTERN is a text that the line contains, a `/regular expression/`, or `*` for any line.\n" +
		"TIME is the window that lines are counted in. The alert fires at the first evaluation that counts a line; `for=` and `threshold=` change that.\n" +
		"The command `templates` lists the templates and `template T` explains one; an option goes before what its template says.\n" +
		"Quotes go around whatever has spaces. Pasted YAML is one rule, a list of rules, or a group.",
	Examples: []string{
		`add sshd-ban job=amane_fail2ban_log "Ban" 5m`,
		`add oom job=kernel,host=web1 "Out of memory" 10m severity=critical reason="the night of the 3rd"`,
		`add login-fails {job="sshd"} "/Failed password for .* from/" 5m threshold=20`,
		`add node-down expr='up == 0' for=1m severity=critical summary="{{ $labels.instance }} is down"`,
		`add disk template=disk-full percent=90 severity=critical`,
		"add\n- alert: DiskFull\n  expr: node_filesystem_avail_bytes < 1e9\n  for: 10m",
	},
	Options: addOptions(),
	Changes: true,
	Check:   checkAdd,
	Run:     runAdd,
}

func runAdd(ctx context.Context, call *call) (answer, error) {
	add, err := call.read()
	if err != nil {
		return answer{}, err
	}
	if add.From != nil {
		if err := call.takeTemplate(ctx, &add); err != nil {
			return answer{}, err
		}
	}
	return call.apply(ctx, add)
}

// parseAdd makes the intent of an add. Which of its forms it is shows in what is there: YAML on the lines below (or in a
// fence), expr=, or else the words of the log form.
func parseAdd(call *call) (rules.Add, error) {
	add := rules.Add{Channel: namespaceOf(call.request.Channel)}
	words, err := call.takeSource()
	if err != nil {
		return add, err
	}
	rest, err := call.args.takeOptions(words, addOptions())
	if err != nil {
		return add, err
	}
	if err := call.setOptions(&add); err != nil {
		return add, err
	}
	yaml, pasted := call.args["yaml"]
	_, expr := call.args["expr"]
	switch {
	case pasted:
		add.YAML = yaml.value
		return add, call.onlyYAML(rest, expr)
	case add.From != nil:
		return call.templateForm(add, rest)
	case expr:
		return call.exprForm(add, rest)
	default:
		return call.logForm(add, rest)
	}
}

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

// setOptions sets every option that the call has.
func (c *call) setOptions(add *rules.Add) error {
	inOrder := func(a, b string) int { return c.args[a].start - c.args[b].start }
	for _, name := range slices.SortedFunc(maps.Keys(c.args), inOrder) {
		o, known := findOption(name)
		if !known {
			continue
		}
		arg := c.args[name]
		if name == "expr" && linkTarget(strings.TrimSpace(arg.value)) != "" {
			return linkError("expr", linkTarget(strings.TrimSpace(arg.value)))
		}
		if err := o.set(add, name, arg.value); err != nil {
			var e *rules.Error
			if errors.As(err, &e) && e.Field == "" {
				e.Field = name
			}
			return err
		}
	}
	expires, err := c.later("expires")
	if !expires.IsZero() {
		add.Options.Expires = &expires
	}
	if err != nil {
		return err
	}
	return c.completeAccepted(&add.Options)
}

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
	if err := c.args["pattern"].seen(); err != nil {
		return add, err
	}
	c.args["label"] = c.label(rest[0])
	if m := colonLabel.FindStringSubmatch(c.args["label"].value); m != nil && !rest[0].quoted {
		c.args[fieldUnknown] = rest[0].whole()
		return add, &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Offset: -1, Fixes: []string{m[1] + "=" + m[2]},
			Text: "A label is written with =: " + m[1] + "=" + m[2] + ". If the colon belongs to the job's name, put quotes around the word."}
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

// takeName takes the NAME that the words begin with.
func (c *call) takeName(add *rules.Add, rest []word) ([]word, error) {
	if len(rest) == 0 {
		return nil, &rules.Error{Kind: rules.Invalid, Field: wholeCommand, Offset: -1,
			Text:  "The name of the rule is missing. Write add NAME LABEL PATTERN TIME, or add NAME expr='EXPR', or paste YAML below add.",
			Fixes: []string{`add sshd-ban job=sshd "Ban" 5m`, `add node-down expr='up == 0' for=1m`}}
	}
	if w := rest[0]; w.key != "" || strings.HasPrefix(w.value, "{") && !w.quoted {
		return nil, c.args.unexpected(w, addOptions(), "The name comes first, and this is a selector.")
	}
	c.args["name"] = rest[0].whole()
	add.Name = rest[0].value
	return rest[1:], nil
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

// tooMany returns the error for more words than the log form has: most often PATTERN lacks its quotes.
func (c *call) tooMany(rest []word) error {
	for _, w := range rest[3:] {
		if w.key != "" {
			return c.besideExpr(w)
		}
	}
	c.args[fieldUnknown] = rest[3].whole()
	return &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Text: "After NAME come three words: LABEL, PATTERN and TIME. " +
		"Put quotes around a pattern that has spaces; options are written name=value."}
}

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

// groupMessage is the name of a channel that holds the direct messages of several people.
var groupMessage = regexp.MustCompile(`^[0-9a-f]{40}$`)

// namespaceOf returns the namespace of a channel: its name, or "default" for direct and group messages.
func namespaceOf(channel rules.Place) string {
	if channel.Name == "" || strings.Contains(channel.Name, "__") || groupMessage.MatchString(channel.Name) {
		return "default"
	}
	return channel.Name
}
