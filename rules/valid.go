package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"

	"github.com/alertsmith/alertsmith/rules/expr"
)

// maxName is the longest name of a rule or group, maxNamespace the longest namespace, in bytes.
const (
	maxName      = 200
	maxNamespace = 100
)

// invalid returns the error for an argument that cannot be used.
func invalid(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Field: field, Offset: -1, Text: fmt.Sprintf(format, args...)}
}

// capital returns a text that begins with a capital letter.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[size:]
}

// conflict returns the error for something that contradicts what is there.
func conflict(field, format string, args ...any) *Error {
	return &Error{Kind: Conflict, Field: field, Offset: -1, Text: fmt.Sprintf(format, args...)}
}

// minInterval is the shortest time between two evaluations that a command can ask for.
const minInterval = time.Second

// checkName refuses a name that people could not see, type or tell from another.
func checkName(field, what, name string) error {
	switch reason := checkPlain(name); {
	case name == "":
		return invalid(field, "The %s needs a name.", what)
	case reason != "":
		return invalid(field, "The name of the %s %s.", what, reason)
	case len(name) > maxName:
		return invalid(field, "The name of the %s is %d bytes long; at most %d are allowed.", what, len(name), maxName)
	}
	return nil
}

// checkPlain returns what keeps a text from being one visible line, or "".
func checkPlain(s string) string {
	if !utf8.ValidString(s) {
		return "is not valid UTF-8"
	}
	for _, r := range s {
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return "has a line break in it"
		case unicode.IsControl(r):
			return fmt.Sprintf("has a control character in it (%U)", r)
		case unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF':
			return fmt.Sprintf("has an invisible character in it (%U)", r)
		case r == unicode.ReplacementChar:
			return "has a broken character in it (U+FFFD)"
		}
	}
	return ""
}

// checkText refuses a label's or annotation's value that is too long or cannot be written to a file.
func checkText(field, value string) error {
	if !utf8.ValidString(value) {
		return invalid(field, "The value of %s is not valid UTF-8.", field)
	}
	if len(value) > expr.MaxExpression {
		return invalid(field, "The value of %s is %d bytes long; at most %d are allowed.", field, len(value), expr.MaxExpression)
	}
	for _, r := range value {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return invalid(field, "The value of %s has a control character in it (%U).", field, r)
		}
	}
	return nil
}

// check refuses options that no rule can have. Whether they fit the rule is Add's question.
func (o Options) check() error {
	for _, accepted := range o.Accept {
		if err := accepted.check(); err != nil {
			return err
		}
	}
	for name, value := range o.Labels {
		field := "label." + name
		if name == "severity" {
			field = name
		}
		switch {
		case !model.LegacyValidation.IsValidLabelName(name) || strings.HasPrefix(name, "__"):
			return invalid(field, "%q is no label name: it has letters a to z, digits and underscores, and begins with a letter.", name)
		case name == model.AlertNameLabel:
			return invalid(field, "The label alertname is the rule's name.")
		}
		if err := checkText(field, value); err != nil {
			return err
		}
	}
	for name, value := range o.Annotations {
		field := annotationField(name)
		if !model.LegacyValidation.IsValidLabelName(name) {
			return invalid(field, "%q is no annotation name: it has letters a to z, digits and underscores, and begins with a letter.", name)
		}
		if err := checkText(field, value); err != nil {
			return err
		}
	}
	for field, d := range map[string]*time.Duration{"for": o.For, "keep_firing_for": o.KeepFiringFor, "interval": o.Interval} {
		switch {
		case d == nil:
		case *d < 0 || *d%time.Millisecond != 0:
			return invalid(field, "The value of %s must be a whole number of milliseconds, zero or more.", field)
		case field == "interval" && *d < minInterval:
			return invalid(field, "The interval must be at least %s: the ruler evaluates the group that often.", FormatDuration(minInterval))
		}
	}
	return nil
}

// labelField returns the option that sets a label.
func labelField(name string) string {
	if name == "severity" {
		return name
	}
	return "label." + name
}

// annotationField returns the option that sets an annotation.
func annotationField(name string) string {
	switch name {
	case "summary", "description":
		return name
	case "runbook_url":
		return "runbook"
	}
	return "annotation." + name
}

// checkNamespace refuses a namespace that is no path of slugs.
func checkNamespace(namespace string) error {
	if len(namespace) > maxNamespace {
		return invalid("namespace", "The namespace is %d bytes long; at most %d are allowed.", len(namespace), maxNamespace)
	}
	elements := strings.Split(namespace, "/")
	for i, element := range elements {
		elements[i] = slug(element)
	}
	if fix := strings.Join(elements, "/"); fix != namespace || slices.Contains(elements, "") {
		e := invalid("namespace", "The namespace %q cannot be used: it is one or more words, with slashes between them, of letters, digits, - and _.", namespace)
		if fix = strings.Trim(strings.ReplaceAll(fix, "//", "/"), "/"); fix != "" {
			e.Fixes = []string{fix}
		}
		return e
	}
	return nil
}

// slug returns the part of a file name that s can give: letters and digits of any script, - and _ and dots inside it. All else
// becomes a dash, and so does the dot of what would look like a rule file's extension.
func slug(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '-'
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '-' || r == '_' || r == '.':
			return r
		}
		return '-'
	}, s)
	s = strings.Trim(s, ".")
	if stem, extension := cutExtension(s); extension != "" {
		s = stem + "-" + extension[1:]
	}
	return s
}
