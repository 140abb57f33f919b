package rules

import (
	"regexp"
	"slices"
	"strings"
)

// The keys of rule files by where they stand, and those that people write for them.
var (
	groupKeys      = []string{"name", "interval", "query_offset", "limit", "rules"}
	ruleKeys       = []string{"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
	labelKeys      = []string{"severity", "team", "priority"}
	annotationKeys = []string{"summary", "description", "runbook_url"}
)

var (
	// lineDecoration is what stands before the lines of something that was copied: a quotation, a difference, the numbers of lines, a list.
	lineDecoration = regexp.MustCompile(`^(?:(?:>|\+|\d+)(?:\s|$)|\+|•)?`)
	keyLine        = regexp.MustCompile(`^(-?)\s*([A-Za-z_]\w*)\s*[:：=]\s*(.*)$`)
)

// meantYAML returns pasted rules as they were probably meant: it goes by the keys, of which each has its place, and not by the spaces before
// them. It returns "" where that does not make rules, or a line says nothing that is known: nothing is left out.
func meantYAML(text string) string {
	w := yamlWriter{}
	for line := range strings.SplitSeq(afterOperator(text), "\n") {
		line = strings.TrimSpace(plainYAML(strings.TrimRight(line, "\r"), " "))
		line = strings.TrimSpace(line[len(lineDecoration.FindString(line)):])
		if line == "" || line == "---" {
			continue
		}
		if strings.HasPrefix(line, "#") {
			w.lines = append(w.lines, strings.Repeat(" ", max(w.rules, 0))+line)
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		if m == nil || !w.key(m[1] != "", m[2], strings.TrimSpace(m[3])) {
			return ""
		}
	}
	meant := strings.Join(w.lines, "\n")
	groups, err := readPaste(meant)
	if err != nil {
		return ""
	}
	for _, g := range groups {
		if slices.ContainsFunc(g.Rules, func(r placedRule) bool { return !IsExpression(r.Expr) }) {
			return ""
		}
	}
	return meant
}

// operatorHead is what the Prometheus operator puts around a file of rules.
var operatorHead = regexp.MustCompile(`(?s)^\s*(?:---\s*)?apiVersion:.*\nspec:[ ]*\n([ ]*groups:.*)$`)

// afterOperator returns the rules in a PrometheusRule of the operator.
func afterOperator(text string) string {
	if m := operatorHead.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return text
}

// yamlWriter writes keys where they belong.
type yamlWriter struct {
	lines  []string
	groups bool   // there was groups:
	rules  int    // how far the rules are indented, -1 where they stand alone
	within string // labels or annotations, while their keys are read
	listed bool   // the rule began with a dash
}

// key takes a line over; false when it has no place.
func (w *yamlWriter) key(dash bool, key, value string) bool {
	if key == "groups" && value == "" && len(w.lines) == 0 {
		w.groups = true
		w.lines = append(w.lines, "groups:")
		return true
	}
	if name := w.known(key); name != "" {
		return w.place(dash, name, value)
	}
	return w.below(key, value)
}

// known returns the key of a group or a rule that a word names; "" for none, and within labels only where it is written so.
func (w *yamlWriter) known(key string) string {
	all := slices.Concat(groupKeys, ruleKeys)
	if slices.Contains(all, key) {
		return key
	}
	if w.within != "" || slices.Contains(labelKeys, key) || slices.Contains(annotationKeys, key) {
		return ""
	}
	if near := Nearest(key, all); len(near) > 0 {
		return near[0]
	}
	return ""
}

// place writes the key of a group or of a rule.
func (w *yamlWriter) place(dash bool, key, value string) bool {
	w.within = ""
	if !slices.Contains(ruleKeys, key) && !(key == "name" && !w.groups) {
		if !w.groups {
			return false
		}
		indent := "    "
		if key == "name" {
			indent, w.rules = "  - ", 0
		}
		if key == "rules" {
			w.rules = 6
		}
		w.line(indent, key, value)
		return true
	}
	if key == "name" {
		key = "alert"
	}
	indent := strings.Repeat(" ", w.rules)
	if begins := key == "alert" || key == "record"; begins || dash {
		w.listed = dash || w.rules > 0
		if w.listed {
			w.line(indent+"- ", key, value)
			return true
		}
	}
	if w.listed {
		indent += "  "
	}
	w.line(indent, key, value)
	if key == "labels" || key == "annotations" {
		w.within = key
	}
	return true
}

// below writes a label or an annotation, with the heading that it lacks.
func (w *yamlWriter) below(key, value string) bool {
	heading := w.within
	if heading == "" {
		switch {
		case slices.Contains(labelKeys, key):
			heading = "labels"
		case slices.Contains(annotationKeys, key):
			heading = "annotations"
		default:
			return false
		}
		if !w.place(false, heading, "") {
			return false
		}
	}
	indent := strings.Repeat(" ", w.rules+2)
	if w.listed {
		indent += "  "
	}
	w.line(indent, key, value)
	return true
}

// line writes a key and its value, with quotes where they are needed.
func (w *yamlWriter) line(indent, key, value string) {
	quoted := len(value) > 1 && (value[0] == '"' || value[0] == '\'') && value[len(value)-1] == value[0]
	switch {
	case value == "":
		w.lines = append(w.lines, indent+key+":")
		return
	case key == "expr" && !quoted:
		value = parsing(value)
	case key == "for" || key == "keep_firing_for" || key == "interval":
		if d, err := ParseDuration(key, value); err == nil {
			value = FormatDuration(d)
		}
	}
	if !quoted && needsQuotes.MatchString(value) {
		value = quotedScalar(value)
	}
	w.lines = append(w.lines, indent+key+": "+value)
}
