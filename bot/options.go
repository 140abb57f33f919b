package bot

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/rules"
)

// option is one `name=value` of a command.
type option struct {
	name    string // "for"; "label.X" and "annotation.X" stand for any X
	value   string // what to write for the value in an example: "5m"
	summary string // one line of help
	set     func(add *rules.Add, name, value string) error
}

// options is the one table of what `add` takes beside its words, in the order of the help. Other commands take some of it.
var options = []option{
	{"expr", `'up == 0'`, "the expression, PromQL or LogQL, instead of LABEL PATTERN TIME", setExpr},
	{"ruler", "loki", "which ruler evaluates the rule, where more than one could", text(func(o *rules.Options) *string { return &o.Ruler })},
	{"namespace", "ops", "the directory of the rule's file; this channel's name by default", text(func(o *rules.Options) *string { return &o.Namespace })},
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
	{"reason", `"…"`, "why; it goes into the commit and the journal", text(func(o *rules.Options) *string { return &o.Reason })},
}

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
	case w.key == "template":
		err.Text = "There are no templates here: write the words LABEL PATTERN TIME, or expr='…'."
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

// optionNames returns the names of all options, in the order of the table.
func optionNames() []string {
	names := make([]string, len(options))
	for i, o := range options {
		names[i] = o.name
	}
	return names
}

func setExpr(add *rules.Add, _, value string) error {
	add.Expr = value
	return nil
}

// text returns a setter for a field that takes any text but none.
func text(field func(*rules.Options) *string) func(*rules.Add, string, string) error {
	return func(add *rules.Add, name, value string) error {
		if value == "" {
			return invalidOption(name, "needs a value")
		}
		*field(&add.Options) = value
		return nil
	}
}

// duration returns a setter for a duration as Prometheus writes it: "5m", "1h30m".
func duration(field func(*rules.Options) **time.Duration) func(*rules.Add, string, string) error {
	return func(add *rules.Add, name, value string) error {
		d, err := model.ParseDuration(fold(value))
		if err != nil {
			return invalidOption(name, "takes a time such as 30s, 5m, 1h30m or 1d", durationFixes(value)...)
		}
		plain := time.Duration(d)
		*field(&add.Options) = &plain
		return nil
	}
}

// durationFixes returns how a duration that does not parse was probably meant: "5 min" and "5minutes" as "5m", "300" as "300s".
func durationFixes(value string) []string {
	value = strings.ReplaceAll(fold(value), " ", "")
	number := strings.TrimRight(value, "abcdefghijklmnopqrstuvwxyz.")
	if n, err := strconv.ParseFloat(number, 64); err != nil || n < 0 || len(number) > 9 || strings.Contains(number, ".") {
		return nil
	}
	unit := value[len(number):]
	if unit == "" {
		return []string{number + "s", number + "m"}
	}
	for _, u := range []struct{ long, short string }{
		{"milliseconds", "ms"}, {"seconds", "s"}, {"minutes", "m"}, {"hours", "h"}, {"hrs", "h"}, {"days", "d"}, {"weeks", "w"}, {"years", "y"},
	} {
		if strings.HasPrefix(u.long, strings.TrimSuffix(unit, ".")) {
			return []string{number + u.short}
		}
	}
	return nil
}

func setThreshold(add *rules.Add, name, value string) error {
	n, err := strconv.ParseFloat(fold(value), 64)
	if err != nil || n != n {
		return invalidOption(name, "takes a number such as 3 or 0.5")
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
