package rules

import (
	"strings"
	"time"
)

// Rule is an alerting or recording rule as rule files write it. Exactly one of Alert and Record is set.
type Rule struct {
	Alert         string
	Record        string
	Expr          string
	For           time.Duration
	KeepFiringFor time.Duration
	Labels        map[string]string
	Annotations   map[string]string
}

// Name returns the alert's or the recorded series' name.
func (r Rule) Name() string {
	if r.Alert != "" {
		return r.Alert
	}
	return r.Record
}

// Ref addresses one rule in the rulebook.
type Ref struct {
	Ruler string
	Path  string // of its file, relative to the ruler's directory
	Group string
	Name  string
	Nth   int // from 1: which of the rules with this name in this group
}

// Namespace returns the path of the file's directory: "ops", "team/web", "" at the top.
func (r Ref) Namespace() string {
	if i := strings.LastIndexByte(r.Path, '/'); i >= 0 {
		return r.Path[:i]
	}
	return ""
}

// Field is one field of a rule as a person names it: "expr", "for", `label severity`, `annotation summary`.
type Field struct{ Name, Value string }

// Fields returns what the rule says, field by field, in the order of a rule file.
func (r Rule) Fields() []Field {
	fields := []Field{{"name", r.Name()}, {"expr", r.Expr}}
	if r.For != 0 {
		fields = append(fields, Field{"for", FormatDuration(r.For)})
	}
	if r.KeepFiringFor != 0 {
		fields = append(fields, Field{"keep_firing_for", FormatDuration(r.KeepFiringFor)})
	}
	for _, name := range sortedKeys(r.Labels) {
		fields = append(fields, Field{"label " + name, r.Labels[name]})
	}
	for _, name := range sortedKeys(r.Annotations) {
		fields = append(fields, Field{"annotation " + name, r.Annotations[name]})
	}
	return fields
}
