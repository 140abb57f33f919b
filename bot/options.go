package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/alertsmith/alertsmith/rules"
)

// option is one `name=value` of a command.
type option struct {
	name    string                                         // "for"; "label.X" and "annotation.X" stand for any X
	value   string                                         // what to write for the value in an example: "5m"
	summary string                                         // one line of help
	set     func(add *rules.Add, name, value string) error // nil where it says nothing of a rule
}

// options is the one table of what commands take beside their words, in the order of the help.
var options = []option{
	{"expr", `'up == 0'`, "the expression, PromQL or LogQL, instead of LABEL PATTERN TIME", setExpr},
	{"template", "disk-full", "the template to make the rule from; its parameters are given like options", setTemplate},
	{"ruler", "loki", "the ruler of the rules; to be said where more than one could evaluate what is added", text(func(o *rules.Options) *string { return &o.Ruler })},
	{"namespace", "ops", "the directory of the rules' files; for what is added, this channel's name by default", text(func(o *rules.Options) *string { return &o.Namespace })},
	{"group", "ssh", "the group to put the rule into; one of its own by default", text(func(o *rules.Options) *string { return &o.Group })},
	{"for", "5m", "how long the expression must hold before the alert fires", duration(func(o *rules.Options) **time.Duration { return &o.For })},
	{"keep_firing_for", "10m", "how long the alert goes on firing after that (Prometheus only)", duration(func(o *rules.Options) **time.Duration { return &o.KeepFiringFor })},
	{"interval", "1m", "how often the group is evaluated", duration(func(o *rules.Options) **time.Duration { return &o.Interval })},
	{"threshold", "3", "fire when more lines than this are counted; 0 by default", setThreshold},
	{"severity", "critical", "the label of that name", label("severity")},
	{"summary", `"…"`, "the annotation of that name: one line for whoever is called", annotation("summary")},
	{"description", `"…"`, "the annotation of that name: the details", annotation("description")},
	{"runbook", "https://…", "what to do, as the annotation runbook_url", annotation("runbook_url")},
	{"label.X", "web", "any other label, named X", setLabel},
	{"annotation.X", `"…"`, "any other annotation, named X", setAnnotation},
	{"accept", "promql-fragile", "a check whose finding is meant; with reason=, and until= a date", setAccept},
	{"expires", "30d", "when the rule is to be deleted by itself: how long from now, a date or a time", setExpires},
	{"reason", `"…"`, "why; it goes into the commit and the journal", text(func(o *rules.Options) *string { return &o.Reason })},
	{"page", "2", "which page of what does not fit into one message", nil},
	{"at", `"2026-11-01 02:00"`, "as it was then: a date, a time, or how long ago (7d)", nil},
	{"by", "@alice", "only what this person did; by=me for your own", nil},
	{"since", "7d", "only what was done since then: how long ago, a date or a time", nil},
	{"until", "2026-11-01", "only what was done until then; for a pause or accept=, when it is over: how long from now, a date or a time", setExpires},
	{"action", "delete", "only what this command did, or external: what somebody pushed", nil},
	{"changed", "yes", "only what changed the rulebook, or with no what did not", nil},
	{"n", "20", "how many at once; 20 by default, at most 50", nil},
}

// What the commands take; `add` takes all that says something of a rule.
var (
	listOptions    = []string{"ruler", "namespace", "page"}
	deleteOptions  = []string{"reason"}
	historyOptions = []string{"page", "by", "since", "until", "action", "n"}
	showOptions    = []string{"at"}
	restoreOptions = []string{"reason", "at"}
	undoOptions    = []string{"ruler", "reason"}
	moveOptions    = append([]string{"reason"}, placeOptions...)
	placeOptions   = []string{"namespace", "group"}
	pauseOptions   = []string{"for", "until", "reason"}
	editOptions    = []string{"expr", "for", "keep_firing_for", "interval", "threshold", "severity", "summary", "description", "runbook", "label.X", "annotation.X", "accept", "until", "expires", "reason"}
	copyOptions    = append(placeOptions[:2:2], editOptions...)

	templatesOptions = []string{"page"}
)

// findOption returns the option that a key names.
func findOption(key string) (option, bool) {
	for _, o := range options {
		prefix, anyX := strings.CutSuffix(o.name, ".X")
		if o.name == key || anyX && strings.HasPrefix(key, prefix+".") && len(key) > len(prefix)+1 {
			return o, true
		}
	}
	return option{}, false
}

// isOption reports whether a key names an option.
func isOption(key string) bool {
	_, ok := findOption(key)
	return ok
}

// unknownOption returns the error for a word whose key names no option, with the nearest that exists.
func unknownOption(w word, allowed []string) error {
	err := &rules.Error{Kind: rules.Invalid, Field: fieldUnknown, Offset: 0}
	switch near := nearest(w.key, allowed); {
	case strings.HasSuffix(near, ".X"):
		err.Text = "There is no option " + w.key + "=. A label of the alert is given as label.NAME=, an annotation as annotation.NAME=."
	case near != "":
		err.Text = "There is no option " + w.key + "=. Did you mean " + near + "=?"
		err.Fixes = []string{near + "=" + quote(w.value[w.keyLen:])}
	case len(allowed) == 1:
		err.Text = "There is no option " + w.key + "=; there is only " + allowed[0] + "=. If it is meant as text, put quotes around the word."
		err.Fixes = []string{`"` + w.value + `"`}
	default:
		err.Text = "There is no option " + w.key + "=. The options are " + strings.Join(allowed, ", ") +
			". If it is meant as text, put quotes around the word."
		err.Fixes = []string{`"` + w.value + `"`}
	}
	return err
}

// addOptions returns the names of the options that say something of a rule, in the order of the table.
func addOptions() []string {
	var names []string
	for _, o := range options {
		if o.set != nil {
			names = append(names, o.name)
		}
	}
	return names
}

func setExpr(add *rules.Add, _, value string) error {
	add.Expr = rules.SpelledExpression(value)
	return nil
}

// text returns a setter for a field that takes any text but none.
func text(field func(*rules.Options) *string) func(*rules.Add, string, string) error {
	return func(add *rules.Add, name, value string) error {
		if value == "" {
			return &rules.Error{Kind: rules.Invalid, Text: name + "= has no value. Leave the option out, or give it a value.", Field: name, Offset: -1}
		}
		*field(&add.Options) = value
		return nil
	}
}

// duration returns a setter for a duration as Prometheus writes it: "5m", "1h30m".
func duration(field func(*rules.Options) **time.Duration) func(*rules.Add, string, string) error {
	return func(add *rules.Add, name, value string) error {
		d, err := rules.ParseDuration(name, fold(value))
		if err != nil {
			return err
		}
		*field(&add.Options) = &d
		return nil
	}
}

// setExpires does nothing: the time is read by who has a clock.
func setExpires(*rules.Add, string, string) error { return nil }

func setThreshold(add *rules.Add, name, value string) error {
	n, err := strconv.ParseFloat(fold(value), 64)
	if err != nil || n != n {
		return invalidOption(name, "takes a number such as 3 or 0.5", rules.MeantNumbers(value)...)
	}
	add.Options.Threshold = &n
	return nil
}

// label returns a setter for the label of that name.
func label(name string) func(*rules.Add, string, string) error {
	return func(add *rules.Add, _, value string) error { return put(&add.Options.Labels, name, value) }
}

// annotation returns a setter for the annotation of that name.
func annotation(name string) func(*rules.Add, string, string) error {
	return func(add *rules.Add, _, value string) error { return put(&add.Options.Annotations, name, value) }
}

func setLabel(add *rules.Add, name, value string) error {
	return put(&add.Options.Labels, strings.TrimPrefix(name, "label."), value)
}

func setAnnotation(add *rules.Add, name, value string) error {
	return put(&add.Options.Annotations, strings.TrimPrefix(name, "annotation."), value)
}

// put sets a key that must not be there yet: severity=… and label.severity=… are one label.
func put(to *map[string]string, name, value string) error {
	if strings.TrimSpace(value) == "" {
		return &rules.Error{Kind: rules.Invalid, Text: "The value of " + name + " is empty. Leave the option out, or give it a value.", Offset: -1}
	}
	if *to == nil {
		*to = map[string]string{}
	}
	if _, twice := (*to)[name]; twice {
		return &rules.Error{Kind: rules.Invalid, Text: name + " is given twice.", Offset: -1}
	}
	(*to)[name] = value
	return nil
}

// invalidOption returns the error for an option's value.
func invalidOption(name, need string, fixes ...string) error {
	return &rules.Error{Kind: rules.Invalid, Text: name + "= " + need + ".", Field: name, Offset: -1, Fixes: fixes}
}
